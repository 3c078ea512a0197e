const MINUTE_MS = 60_000;

/** A tool that is run over the whole repository. */
export interface ToolStage {
  name: string;
  tool: readonly [string, ...string[]];
}

/** Test files that are run alike. */
export interface FileStage {
  name: string;
  /** Globs of its files, relative to the repository. */
  files: readonly string[];
  except?: readonly string[];
  concurrency: number;
  /** For one file; generous, since it only has to tell a hanging file from a slow machine. */
  deadlineMs: number;
  /** Debian packages whose commands its tests run; engines bring their own. */
  packages: readonly string[];
  needsRoot: boolean;
  /** Runs in a virtual machine: only when `all`, the stage or the file is asked for. */
  virtualMachine?: true;
}

/** One step of a full run. */
export type Stage = ToolStage | FileStage;

const FILE_SYSTEM_TOOLS = ['e2fsprogs', 'xfsprogs', 'btrfs-progs', 'util-linux', 'mount'];

/** Every check there is, fastest first. */
export const stages: readonly Stage[] = [
  { name: 'format', tool: ['oxfmt', '--check'] },
  { name: 'lint', tool: ['oxlint'] },
  { name: 'types', tool: ['tsc', '--noEmit'] },
  { name: 'unused', tool: ['knip'] },
  {
    name: 'unit',
    files: ['test/unit/**/*.test.ts', 'test/architecture.test.ts', 'test/architecture/*.test.ts'],
    concurrency: 2,
    deadlineMs: 2 * MINUTE_MS,
    packages: [],
    needsRoot: false,
  },
  {
    // Real mounts and loop devices are the machine's, not a file's: one file at a time.
    name: 'integration',
    files: ['test/integration/**/*.test.ts', 'test/conformance/**/*.test.ts'],
    concurrency: 1,
    deadlineMs: 10 * MINUTE_MS,
    packages: FILE_SYSTEM_TOOLS,
    needsRoot: true,
  },
  {
    // Full disks, broken state, commands that fail.
    name: 'faults',
    files: ['test/faults/**/*.test.ts'],
    concurrency: 1,
    deadlineMs: 20 * MINUTE_MS,
    packages: FILE_SYSTEM_TOOLS,
    needsRoot: true,
  },
  {
    // The program killed at every effect, and driven by clients at random.
    name: 'crash',
    files: ['test/crash/**/*.test.ts', 'test/model/**/*.test.ts'],
    concurrency: 2,
    deadlineMs: 20 * MINUTE_MS,
    packages: [...FILE_SYSTEM_TOOLS, 'gcc', 'libc6-dev'],
    needsRoot: true,
  },
  {
    // Hostile containers, images and clients; the fuzzer's 100,000 inputs take most of it.
    name: 'attack',
    files: ['test/attack/**/*.test.ts'],
    concurrency: 1,
    deadlineMs: 20 * MINUTE_MS,
    packages: [...FILE_SYSTEM_TOOLS, 'procps'],
    needsRoot: true,
  },
  {
    name: 'load',
    files: ['test/load/**/*.test.ts'],
    concurrency: 1,
    deadlineMs: 10 * MINUTE_MS,
    packages: FILE_SYSTEM_TOOLS,
    needsRoot: true,
  },
  {
    // Stand-ins for clouds, driven by the clouds' own SDKs and by whole clusters of nodes.
    name: 'cloud',
    files: ['test/cloud/**/*.test.ts'],
    concurrency: 2,
    deadlineMs: 10 * MINUTE_MS,
    packages: FILE_SYSTEM_TOOLS,
    needsRoot: true,
  },
  {
    // Each file starts an engine of its own, and installs that engine the first time.
    name: 'e2e',
    files: ['test/e2e/**/*.test.ts'],
    except: ['test/e2e/testcontainers/**'],
    // Each file has engines of its own, and often waits for one.
    concurrency: 2,
    deadlineMs: 30 * MINUTE_MS,
    packages: FILE_SYSTEM_TOOLS,
    needsRoot: true,
  },
  {
    name: 'testcontainers',
    files: ['test/e2e/testcontainers/**/*.test.ts'],
    concurrency: 1,
    deadlineMs: 15 * MINUTE_MS,
    packages: FILE_SYSTEM_TOOLS,
    needsRoot: true,
  },
  {
    // Emulated machines with an engine each, into which a cloud's stand-in plugs disks.
    name: 'vm',
    files: ['test/vm/**/*.test.ts'],
    // Two machines at a time, and nothing to wait for.
    concurrency: 1,
    deadlineMs: 15 * MINUTE_MS,
    packages: [...FILE_SYSTEM_TOOLS, 'qemu-system-x86', 'busybox-static'],
    needsRoot: true,
    virtualMachine: true,
  },
];

/** Says whether a stage runs test files. */
export function isFileStage(stage: Stage): stage is FileStage {
  return 'files' in stage;
}
