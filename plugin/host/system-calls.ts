import { createRequire } from 'node:module';
import { SystemCallError } from './system-call-error.ts';

/** System calls that Node has no function for. All block the calling thread; `syscall-pool.ts` has other threads. */

interface LibC {
  mount(
    source: string | null,
    target: string,
    fileSystem: string | null,
    flags: number,
    data: string | null,
  ): number;
  umount2(target: string, flags: number): number;
  ioctlBuffer(fd: number, request: number, argument: Buffer): number;
  ioctlNumber(fd: number, request: number, argument: number): number;
  mknod(path: string, mode: number, device: bigint): number;
  syncfs(fd: number): number;
  rename(
    number: number,
    oldFd: number,
    oldPath: string,
    newFd: number,
    newPath: string,
    flags: number,
  ): number;
  openTree(number: number, fd: number, path: string, flags: number): number;
  mountSetattr(
    number: number,
    fd: number,
    path: string,
    flags: number,
    attributes: Buffer,
    size: number,
  ): number;
  moveMount(number: number, fd: number, path: string, toFd: number, toPath: string, flags: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  address(buffer: Buffer): bigint;
  errno(): number;
}

const CURRENT_DIRECTORY = -100;
const RENAME_NO_REPLACE = 1;
const OPEN_TREE_CLONE = 1;
const CLOSE_ON_EXEC = 0o2000000;
const EMPTY_PATH = 0x1000;
const MOVE_FROM_EMPTY_PATH = 4;
const SEEK_DATA = 3;

/** `renameat2` is older than the common table of numbers; the others are the same on every architecture. */
const NUMBERS = {
  renameat2: { x64: 316, arm64: 276 } as Readonly<Record<string, number>>,
  openTree: 428,
  moveMount: 429,
  mountSetattr: 442,
};

let loaded: LibC | undefined;

/** Loading costs 20 ms and 5 MB, so it waits for the first call. */
function libc(): LibC {
  loaded ??= load();
  return loaded;
}

function load(): LibC {
  const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
  const library = koffi.load(null);
  const bind = (name: string, result: string, parameters: string[]): ((...values: unknown[]) => number) =>
    library.func(name, result, parameters);
  return {
    mount: bind('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']),
    umount2: bind('umount2', 'int', ['str', 'int']),
    ioctlBuffer: bind('ioctl', 'int', ['int', 'ulong', 'void *']),
    ioctlNumber: bind('ioctl', 'int', ['int', 'ulong', 'ulong']),
    mknod: bind('mknod', 'int', ['str', 'uint', 'uint64_t']),
    syncfs: bind('syncfs', 'int', ['int']),
    // The C library has wrappers for these only where it is new enough.
    rename: bind('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']),
    openTree: bind('syscall', 'long', ['long', 'int', 'str', 'uint']),
    mountSetattr: bind('syscall', 'long', ['long', 'int', 'str', 'uint', 'void *', 'size_t']),
    moveMount: bind('syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'uint']),
    lseek: bind('lseek', 'int64_t', ['int', 'int64_t', 'int']),
    address: (buffer) => koffi.address(buffer),
    errno: () => koffi.errno(),
  };
}

/** The result, or what the kernel had against it. Nothing may run between the call and this. */
function checked(call: string, result: number): number {
  if (result !== -1) return result;
  throw SystemCallError.fromErrno(call, libc().errno());
}

/** mount(2). */
export function mount(
  source: string | null,
  target: string,
  fileSystem: string | null,
  flags: number,
  data: string | null,
): void {
  checked('mount', libc().mount(source, target, fileSystem, flags, data));
}

/** umount2(2). */
export function umount2(target: string, flags: number): void {
  checked('umount2', libc().umount2(target, flags));
}

/** ioctl(2) with a structure that the kernel may write into, or with a plain number. */
export function ioctl(fd: number, request: number, argument: Buffer | number): number {
  return typeof argument === 'number'
    ? checked('ioctl', libc().ioctlNumber(fd, request, argument))
    : checked('ioctl', libc().ioctlBuffer(fd, request, argument));
}

/** mknod(2); `device` as the C library packs it. */
export function mknod(path: string, mode: number, device: bigint): void {
  checked('mknod', libc().mknod(path, mode, device));
}

/** syncfs(2): everything that was written to the file system of `fd` is on disk afterwards. */
export function syncfs(fd: number): void {
  checked('syncfs', libc().syncfs(fd));
}

/** renameat2(2) that fails with EEXIST rather than replace. */
export function renameNoReplace(from: string, to: string): void {
  const number = NUMBERS.renameat2[process.arch];
  if (number === undefined) throw new SystemCallError('renameat2', 'ENOSYS', 'function not implemented');
  checked(
    'renameat2',
    libc().rename(number, CURRENT_DIRECTORY, from, CURRENT_DIRECTORY, to, RENAME_NO_REPLACE),
  );
}

/** open_tree(2): a mount of the directory `path` that is attached nowhere yet. Gives a file descriptor. */
export function cloneMount(path: string): number {
  return checked(
    'open_tree',
    libc().openTree(NUMBERS.openTree, CURRENT_DIRECTORY, path, OPEN_TREE_CLONE | CLOSE_ON_EXEC),
  );
}

/** mount_setattr(2) on a mount that `fd` stands for. */
export function setMountAttributes(fd: number, set: number, clear: number): void {
  const attributes = Buffer.alloc(32);
  attributes.writeBigUInt64LE(BigInt(set), 0);
  attributes.writeBigUInt64LE(BigInt(clear), 8);
  checked(
    'mount_setattr',
    libc().mountSetattr(NUMBERS.mountSetattr, fd, '', EMPTY_PATH, attributes, attributes.length),
  );
}

/** move_mount(2): attaches the mount that `fd` stands for. */
export function attachMount(fd: number, target: string): void {
  checked(
    'move_mount',
    libc().moveMount(NUMBERS.moveMount, fd, '', CURRENT_DIRECTORY, target, MOVE_FROM_EMPTY_PATH),
  );
}

/** lseek(2) with SEEK_DATA: whether anything was ever written to a file. What cannot tell says yes. */
export function hasData(fd: number): boolean {
  try {
    checked('lseek', libc().lseek(fd, 0, SEEK_DATA));
    return true;
  } catch (error) {
    return !(error instanceof SystemCallError && error.errno === 'ENXIO');
  }
}

/** Where a buffer lies in memory, modulo 2^32; it does not move. For what the kernel wants aligned. */
export function addressOf(buffer: Buffer): number {
  return Number(BigInt.asUintN(32, libc().address(buffer)));
}
