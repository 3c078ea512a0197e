import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { populate, volumeName } from './populate.ts';
import { formatMs, type Goal, type Report, type Table } from './report.ts';
import { ServingProcess, type Memory } from './serving-process.ts';
import { median, quantile } from './statistics.ts';
import { stowageCommand, type Form } from './stowage.ts';
import type { Workplace } from './workplace.ts';

const FORMS: readonly Form[] = ['bundle', 'source'];
const SIZES = [0, 1_000, 10_000];
const RUNS = 11;
const SETTLE_MS = 5_000;
const CALLS = 1_000;
const START_GOAL_MS = 500;
const MEMORY_LIMIT_MB = 80;
const MEMORY_GOAL_MB = 64;

interface Starts {
  readonly size: number;
  readonly form: Form;
  readonly wall: number[];
  readonly cpu: number[];
}

interface Idle {
  readonly size: number;
  readonly form: Form;
  readonly fresh: Memory;
  readonly used: Memory;
}

/** How fast Stowage answers after its process started, and how much memory it then takes. */
export async function benchStart(workplace: Workplace): Promise<Report> {
  const starts: Starts[] = [];
  const idle: Idle[] = [];
  let present = 0;
  for (const size of SIZES) {
    if (size > present) await grow(workplace, present, size);
    present = size;
    starts.push(...(await measureStarts(workplace, size)));
    for (const form of FORMS) idle.push(await measureMemory(workplace, size, form));
  }
  return {
    name: 'start',
    method:
      `Time from starting the process to its first answer on the socket: medians of ${RUNS} starts, bundle (as in the ` +
      `plugin's image) and source taking turns. Memory ${SETTLE_MS / 1000} s after the start, and ${SETTLE_MS / 1000} s after ` +
      `${CALLS} calls (Create, Get, Mount, Unmount, Remove in turn). The volumes were made by Stowage itself.`,
    tables: [startTable(starts), memoryTable(idle)],
    goals: [...startGoals(starts), ...memoryGoals(idle)],
  };
}

async function grow(workplace: Workplace, from: number, to: number): Promise<void> {
  console.error(`start: making ${to - from} volumes …`);
  const server = await stowageCommand(workplace, 'bundle', 'data');
  const process = await ServingProcess.start(server);
  workplace.onClose(() => process.stop());
  await populate(server.socketPath, from, to, null);
  await process.stop();
}

async function measureStarts(workplace: Workplace, size: number): Promise<Starts[]> {
  console.error(`start: starting ${RUNS} times with ${size} volumes …`);
  const starts = FORMS.map((form): Starts => ({ size, form, wall: [], cpu: [] }));
  for (let run = 0; run < RUNS; run += 1) {
    for (const { form, wall, cpu } of starts) {
      if (size === 0) await rm(workplace.path('data'), { recursive: true, force: true });
      const process = await ServingProcess.start(await stowageCommand(workplace, form, 'data'));
      wall.push(process.startMs);
      cpu.push(process.startCpuMs);
      await process.stop();
    }
  }
  return starts;
}

async function measureMemory(workplace: Workplace, size: number, form: Form): Promise<Idle> {
  const process = await ServingProcess.start(await stowageCommand(workplace, form, 'data'));
  workplace.onClose(() => process.stop());
  await delay(SETTLE_MS);
  const fresh = await process.memory();
  await callOften(process);
  await delay(SETTLE_MS);
  const used = await process.memory();
  await process.stop();
  return { size, form, fresh, used };
}

async function callOften({ client }: ServingProcess): Promise<void> {
  for (let index = 0; index < CALLS / 5; index += 1) {
    const Name = `passing-${volumeName(index)}`;
    await client.call('VolumeDriver.Create', { Name, Opts: null });
    await client.call('VolumeDriver.Get', { Name });
    await client.call('VolumeDriver.Mount', { Name, ID: 'bench' });
    await client.call('VolumeDriver.Unmount', { Name, ID: 'bench' });
    await client.call('VolumeDriver.Remove', { Name });
  }
}

function startTable(starts: readonly Starts[]): Table {
  return {
    title: 'First answer after the start of the process',
    columns: ['volumes, form', 'median ms', 'p90 ms', 'CPU ms'],
    rows: starts.map(({ size, form, wall, cpu }) => [
      `${size}, ${form}`,
      formatMs(median(wall)),
      formatMs(quantile(wall, 0.9)),
      formatMs(median(cpu)),
    ]),
  };
}

function memoryTable(idle: readonly Idle[]): Table {
  return {
    title: 'Memory when idle, in MB (RSS, its proportional share, anonymous)',
    columns: ['volumes, form', 'RSS', 'PSS', 'anonymous', 'after calls: RSS', 'PSS', 'anonymous'],
    rows: idle.map(({ size, form, fresh, used }) => [
      `${size}, ${form}`,
      ...[fresh, used].flatMap((memory) =>
        [memory.resident, memory.proportional, memory.anonymous].map(formatMb),
      ),
    ]),
  };
}

function startGoals(starts: readonly Starts[]): Goal[] {
  const measured = starts.find(({ size, form }) => size === 1_000 && form === 'bundle');
  const ms = median(measured?.wall ?? []);
  const promise = `the socket answers within ${START_GOAL_MS} ms with 1,000 volumes`;
  return [{ promise, figure: `${formatMs(ms)} ms`, met: ms <= START_GOAL_MS }];
}

function memoryGoals(idle: readonly Idle[]): Goal[] {
  const measured = idle.find(({ size, form }) => size === 1_000 && form === 'bundle');
  const kib = measured?.fresh.resident ?? Number.NaN;
  return [MEMORY_LIMIT_MB, MEMORY_GOAL_MB].map((limit) => ({
    promise: `idle RSS with 1,000 volumes at most ${limit} MB`,
    figure: `${formatMb(kib)} MB`,
    met: kib / 1024 <= limit,
  }));
}

function formatMb(kib: number): string {
  return (kib / 1024).toFixed(1);
}
