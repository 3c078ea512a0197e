import { resolve } from 'node:path';
import { endRunningGroups } from './test/process-group.ts';
import { runAll } from './test/run-all.ts';
import { stages } from './test/stages.ts';

const USAGE = `usage: scripts/test [all|soak|NAME …]
  all    every check and test; without it, those that need no virtual machine
  soak   the same, with the long forms of the tests
  NAME   a stage (${stages.map((stage) => stage.name).join(', ')})
         or a part of a test file's path`;

const INTERRUPT_GRACE_MS = 5_000;

async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const soak = words.includes('soak');
  // Test files inherit it.
  if (soak) process.env['STOWAGE_SOAK'] = '1';
  return runAll({
    root: resolve(import.meta.dirname, '../..'),
    stages,
    names: words.filter((word) => word !== 'soak'),
    soak,
    print: (text) => console.log(text),
  });
}

// Test files run in process groups of their own, so the terminal's signal does not reach them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endRunningGroups(INTERRUPT_GRACE_MS).finally(() => process.exit(130)));
}

process.exitCode = await main(process.argv.slice(2));
