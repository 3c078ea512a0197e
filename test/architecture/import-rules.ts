import { matchesGlob } from 'node:path/posix';
import { sourceFiles, type FileTree, type Violation } from './file-tree.ts';
import { factsOf } from './source-facts.ts';

/** A part of the code base and what it may import. */
interface Zone {
  files: readonly string[];
  /** Globs of repository paths, `node:…`, `npm:…`; `<own>` is the driver's folder. */
  may: readonly string[];
  /** Exceptions from `may`. */
  never?: readonly string[];
  /** Where to go instead. */
  instead: string;
}

/** Node's modules that reach nothing outside the process. */
const PURE = [
  'node:async_hooks',
  'node:buffer',
  'node:crypto',
  'node:events',
  'node:path',
  'node:path/posix',
  'node:stream',
  'node:stream/promises',
  'node:timers/promises',
  'node:util',
];

const DRIVER = ['<own>/**', 'plugin/core/ports/**', 'plugin/core/errors.ts', 'plugin/core/option*.ts'];
const NOT_IN_DRIVERS = ['npm:express', 'npm:koffi', 'npm:pino'];

/** The first zone that holds a file decides. */
const ZONES: readonly Zone[] = [
  {
    files: ['plugin/main.ts'],
    may: ['plugin/**', 'drivers/**', 'node:**', 'npm:**'],
    instead: 'the program never needs its tests or scripts',
  },
  {
    files: ['plugin/*.ts'],
    may: ['plugin/core/**', 'plugin/config.ts', 'plugin/log.ts', 'npm:pino', 'npm:zod', 'node:fs', ...PURE],
    instead: 'only plugin/main.ts sees everything',
  },
  {
    files: ['plugin/core/**'],
    may: ['plugin/core/**', 'npm:zod', ...PURE],
    instead: 'declare a port in plugin/core/ports and let plugin/main.ts hand the implementation in',
  },
  {
    files: ['plugin/protocol/**'],
    may: [
      'plugin/protocol/**',
      'plugin/core/**',
      'npm:express',
      'npm:zod',
      'node:fs',
      'node:fs/promises',
      'node:http',
      'node:net',
      ...PURE,
    ],
    instead: 'the protocol only decodes, calls and encodes: call a service of plugin/core',
  },
  {
    files: ['plugin/host/**'],
    may: ['plugin/host/**', 'plugin/core/ports/**', 'plugin/core/errors.ts', 'npm:koffi', 'node:**'],
    instead: 'the host implements ports and knows nothing else',
  },
  {
    files: ['drivers/registry.ts'],
    may: ['plugin/core/ports/**', 'drivers/*/*/index.ts'],
    instead: "the registry lists the drivers' index.ts",
  },
  {
    files: ['drivers/volume/block/**', 'drivers/volume/share/**'],
    may: [...DRIVER, 'npm:zod', ...PURE],
    instead: 'what drivers have in common is handed the host, the cloud and the log',
  },
  {
    files: [
      'drivers/*/*/client.ts',
      'drivers/*/*/errors.ts',
      'drivers/*/*/answers.ts',
      'drivers/*/*/cloud.ts',
      'drivers/*/*/connection.ts',
    ],
    // For the agents that go through a proxy.
    may: [...DRIVER, 'drivers/volume/block/**', 'npm:**', 'node:http', 'node:https', ...PURE],
    never: NOT_IN_DRIVERS,
    instead:
      'a client makes the few SDK calls of its driver, answers.ts and errors.ts translate what comes back',
  },
  {
    files: ['drivers/*/*/**'],
    may: [...DRIVER, 'drivers/volume/block/**', 'drivers/volume/share/**', 'npm:zod', ...PURE],
    instead:
      'a driver knows ports, errors.ts and option*.ts of plugin/core; the rest is handed in or its client.ts',
  },
  {
    files: ['scripts/**'],
    may: ['scripts/**', 'plugin/**', 'drivers/**', 'node:**', 'npm:**'],
    instead: 'scripts start tests, they never import them',
  },
  { files: ['test/**'], may: ['**', 'node:**', 'npm:**'], instead: '' },
];

/** Every import that crosses a border which design.md does not open. */
export function checkImports(tree: FileTree): Violation[] {
  return sourceFiles(tree).flatMap(([path, text]) => {
    const zone = ZONES.find((candidate) => matchesAny(path, candidate.files));
    if (zone === undefined) {
      return [{ path, message: 'lies in no folder that the import rules know; see test/architecture' }];
    }
    const forbidden = factsOf(path, text).imports.filter((target) => !isAllowed(path, target, zone));
    return forbidden.map((target) => ({
      path,
      message: `must not import ${target.replace(/^npm:/, '')}: ${zone.instead}`,
    }));
  });
}

function isAllowed(path: string, target: string, { may, never = [] }: Zone): boolean {
  const own = path.split('/').slice(0, 3).join('/');
  const allowed = may.map((glob) => glob.replace('<own>', own));
  return matchesAny(target, allowed) && !matchesAny(target, never);
}

function matchesAny(target: string, globs: readonly string[]): boolean {
  // `node:**` means all of Node, but `**` alone means all of the repository.
  return globs.some((glob) =>
    /^(node|npm):\*\*$/.test(glob) ? target.startsWith(glob.slice(0, -2)) : matchesGlob(target, glob),
  );
}
