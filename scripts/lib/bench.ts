import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCloud } from './bench/cloud.ts';
import { machineFacts } from './bench/machine.ts';
import { formatReport, type Report } from './bench/report.ts';
import { benchStart } from './bench/start.ts';
import { benchVolumes } from './bench/volumes.ts';
import { Workplace } from './bench/workplace.ts';

const BENCHES = new Map<string, (workplace: Workplace) => Promise<Report>>([
  ['start', benchStart],
  ['cloud', benchCloud],
  ['volumes', benchVolumes],
]);
const USAGE = `usage: scripts/bench [NAME …] [--write]
  NAME     ${[...BENCHES.keys()].join(', ')}; default: all
  --write  puts the figures into docs/benchmarks.md, in place of what is there`;
const DOCUMENT = join(import.meta.dirname, '../../docs/benchmarks.md');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean' } },
  });
  const names = positionals.length === 0 ? [...BENCHES.keys()] : positionals;
  if (names.some((name) => !BENCHES.has(name))) throw new Error(USAGE);
  const workplace = await Workplace.open();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void workplace.close().finally(() => process.exit(130)));
  }
  try {
    const reports: Report[] = [];
    for (const [name, bench] of BENCHES) if (names.includes(name)) reports.push(await bench(workplace));
    const text = documentOf(
      ['scripts/bench', ...positionals].join(' '),
      await machineFacts(workplace),
      reports,
    );
    console.log(text);
    if (values.write === true) await writeFile(DOCUMENT, text);
  } finally {
    await workplace.close();
  }
}

function documentOf(command: string, facts: readonly string[], reports: readonly Report[]): string {
  const origin = [`\`${command}\` on ${new Date().toISOString().slice(0, 10)}`, ...facts];
  const introduction =
    'Written by `scripts/bench --write`; edits are lost. Ratios below 1 are in favour of Stowage.';
  const head = ['# Benchmarks', introduction, origin.map((line) => `- ${line}`).join('\n')];
  return `${[...head, ...reports.map(formatReport)].join('\n\n')}\n`;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
