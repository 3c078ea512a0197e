import type { DirectDevice } from './direct-device.ts';

const MIB = 1024 * 1024;
/** A page, the smallest thing that file systems and databases write. */
const SAMPLE = 4096;
/**
 * Samples between the first and the last MiB. 4,096 a MiB apart cover every MiB of a disk up to 4 GiB; on larger ones they
 * lie further apart. A cloud disk does 3,000 reads a second, so that they take it a second or two, once in its life.
 */
const MOST_SAMPLES = 4096;
/** So many at once: as many threads as Node reads files with. */
const AT_ONCE = 4;

/** Data that the scan met. */
export interface FoundData {
  /** Position of the first byte that is not zero, of those that were read. */
  readonly position: number;
}

/**
 * Reads the first and the last MiB, where every known format has its marks, and samples in between. Undefined when all
 * of it is zeros. What cannot be read is a failure, never zeros.
 */
export async function findData(device: DirectDevice): Promise<FoundData | undefined> {
  const size = device.sizeBytes;
  // Direct reads begin at whole sectors; of a file of odd length a little more than the last MiB is read.
  const last = Math.floor(Math.max(0, size - MIB) / SAMPLE) * SAMPLE;
  for (const position of new Set([0, last])) {
    const found = await dataIn(device, position, Math.min(size - position, position === 0 ? MIB : size));
    if (found !== undefined) return found;
  }
  return (await device.mayHaveData()) ? findInSamples(device, samplePositions(size)) : undefined;
}

/**
 * Evenly spread, but always at whole MiB, because there programs like to begin: partitions, extents, files of databases.
 * Exported for its test.
 */
export function samplePositions(size: number): number[] {
  const count = Math.min(MOST_SAMPLES, Math.floor(size / MIB));
  const positions = Array.from(
    { length: count },
    (_, index) => Math.floor((index * size) / count / MIB) * MIB,
  );
  // The first is in the first MiB, which is read whole.
  return positions.slice(1);
}

async function findInSamples(
  device: DirectDevice,
  positions: readonly number[],
): Promise<FoundData | undefined> {
  for (let start = 0; start < positions.length; start += AT_ONCE) {
    const some = positions.slice(start, start + AT_ONCE);
    const results = await Promise.all(
      some.map((position) => dataIn(device, position, Math.min(SAMPLE, device.sizeBytes - position))),
    );
    const found = results.find((result) => result !== undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

const ZEROS = Buffer.alloc(MIB + SAMPLE);

async function dataIn(
  device: DirectDevice,
  position: number,
  length: number,
): Promise<FoundData | undefined> {
  const bytes = await device.read(position, length);
  // Comparing whole is fifty times faster than looking at each byte.
  if (bytes.equals(ZEROS.subarray(0, length))) return undefined;
  return { position: position + bytes.findIndex((byte) => byte !== 0) };
}
