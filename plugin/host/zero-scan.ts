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

/** What is scanned; the real one is `DirectDevice`. */
export interface ScannedDevice {
  readonly sizeBytes: number;
  /** These bytes, all of them, or a failure. The position is a multiple of 4,096. */
  read(position: number, length: number): Promise<Buffer>;
  /** False when nothing was ever written to it, so that samples are not needed. */
  mayHaveData(): Promise<boolean>;
}

/** Data that the scan met. */
export interface FoundData {
  /** Position of the first byte that is not zero, of those that were read. */
  readonly position: number;
}

/**
 * Reads the first and the last MiB, where every known format has its marks, and samples in between. Undefined when all
 * of it is zeros. What cannot be read is a failure, never zeros.
 */
export async function findData(device: ScannedDevice): Promise<FoundData | undefined> {
  const size = device.sizeBytes;
  // Direct reads begin at whole sectors, so of an odd length a little more than the last MiB is read.
  const last = Math.floor(Math.max(0, size - MIB) / SAMPLE) * SAMPLE;
  const found =
    (last === 0 ? undefined : await dataIn(device, 0, MIB)) ?? (await dataIn(device, last, size - last));
  if (found !== undefined) return found;
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
  device: ScannedDevice,
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
  device: ScannedDevice,
  position: number,
  length: number,
): Promise<FoundData | undefined> {
  const bytes = await device.read(position, length);
  // Comparing whole is fifty times faster than looking at each byte.
  if (bytes.equals(ZEROS.subarray(0, length))) return undefined;
  return { position: position + bytes.findIndex((byte) => byte !== 0) };
}
