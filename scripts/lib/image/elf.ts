import { readFileSync } from 'node:fs';

/** Debian's words for the machines that plugins are built for. */
export type Architecture = 'amd64' | 'arm64';

/** What of an ELF file tells what it runs on and what it needs to start. */
export interface ElfFacts {
  /** Debian's word for the machine it runs on. */
  readonly architecture: Architecture;
  /** The libraries it is linked with, by the names under which the loader looks for them. */
  readonly needed: readonly string[];
  /** The loader that the kernel starts for it; undefined for libraries and static programs. */
  readonly interpreter: string | undefined;
  /** How many bytes, from the start, are ever loaded; what follows serves linkers and debuggers. */
  readonly loadedBytes: number;
}

const MACHINES = new Map<number, Architecture>([
  [62, 'amd64'],
  [183, 'arm64'],
]);
const SEGMENT = { load: 1, dynamic: 2, interpreter: 3 };
const DYNAMIC = { needed: 1n, stringTable: 5n };

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Reads the facts of an ELF file; undefined when it is none. @throws Error for a machine we do not build for. */
export function readElf(path: string): ElfFacts | undefined {
  const file = readFileSync(path);
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const architecture = MACHINES.get(file.readUInt16LE(18));
  if (architecture === undefined) throw new Error(`${path} is for neither amd64 nor arm64.`);
  const segments = readSegments(file);
  const interpreter = segments.find(({ type }) => type === SEGMENT.interpreter);
  return {
    architecture,
    needed: readNeeded(file, segments),
    interpreter: interpreter === undefined ? undefined : textAt(file, interpreter.offset),
    loadedBytes: Math.max(...segments.map(({ offset, size }) => offset + size)),
  };
}

/** The file without what is never loaded. The loader reads segments only, so the table of sections goes too. */
export function loadedPart(path: string, facts: ElfFacts): Buffer {
  const part = readFileSync(path).subarray(0, facts.loadedBytes);
  part.writeBigUInt64LE(0n, 40);
  part.fill(0, 58, 64);
  return part;
}

function readSegments(file: Buffer): Segment[] {
  const table = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = table + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function readNeeded(file: Buffer, segments: readonly Segment[]): string[] {
  const dynamic = segments.find(({ type }) => type === SEGMENT.dynamic);
  if (dynamic === undefined) return [];
  const entries = Array.from({ length: dynamic.size / 16 }, (_, index) => {
    const at = dynamic.offset + index * 16;
    return { tag: file.readBigInt64LE(at), value: Number(file.readBigUInt64LE(at + 8)) };
  });
  const address = entries.find(({ tag }) => tag === DYNAMIC.stringTable)?.value ?? 0;
  const home = segments.find(
    (segment) =>
      segment.type === SEGMENT.load && address >= segment.address && address < segment.address + segment.size,
  );
  if (home === undefined) return [];
  const strings = address - home.address + home.offset;
  return entries
    .filter(({ tag }) => tag === DYNAMIC.needed)
    .map(({ value }) => textAt(file, strings + value));
}

function textAt(file: Buffer, offset: number): string {
  return file.toString('latin1', offset, file.indexOf(0, offset));
}
