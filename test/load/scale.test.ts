import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onSmallDisk, prepareStowage } from '../faults/bench.ts';
import { EngineClient } from '../support/engine-client.ts';
import { startKeeper } from '../support/holder.ts';
import type { Stowage } from '../support/stowage.ts';
import { Latencies } from './latencies.ts';

const soak = process.env['STOWAGE_SOAK'] === '1';
const KNOWN = Number(process.env['STOWAGE_LOAD_VOLUMES'] ?? 10_000);
const MOUNTED = KNOWN / 10;
const CLIENTS = 64;
const SECONDS = Number(process.env['STOWAGE_LOAD_SECONDS'] ?? (soak ? 600 : 10));
/** What a process may gain after it has warmed up. */
const GROWTH_BYTES = 48 * 1024 * 1024;
const GROWTH_DESCRIPTORS = 16;

function residentBytes(stowage: Stowage): number {
  const status = readFileSync(`/proc/${String(stowage.pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** The least of a few looks at rest, so that garbage not collected yet does not count. */
async function bytesAtRest(stowage: Stowage): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 5; look += 1) {
    looks.push(residentBytes(stowage));
    await sleep(600);
  }
  return Math.min(...looks);
}

function descriptors(stowage: Stowage): number {
  return readdirSync(`/proc/${String(stowage.pid)}/fd`).length;
}

/** Runs work for every index, so many at a time. */
async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

test(`${String(KNOWN)} volumes, ${String(MOUNTED)} mounted, ${String(CLIENTS)} clients`, async (context) => {
  const stowage = await prepareStowage(context, { environment: { STOWAGE_LOG_LEVEL: 'warn' } });
  await onSmallDisk(stowage, 'size=1g,nr_inodes=200k');
  await stowage.start();
  const engine = new EngineClient(stowage.socket, CLIENTS);
  context.after(() => engine.close());
  const say = (text: string): void => context.diagnostic(text);

  const creating = performance.now();
  await inParallel(KNOWN, CLIENTS, async (index) => await engine.create(`v${String(index)}`));
  say(`created ${String(KNOWN)} in ${seconds(creating)}`);
  const mounting = performance.now();
  await inParallel(MOUNTED, CLIENTS, async (index) => void (await engine.mount(`v${String(index)}`, 'held')));
  say(`mounted ${String(MOUNTED)} in ${seconds(mounting)}`);
  // Claims from before the restart that nobody stands behind would be dropped, as they should.
  const keeper = await startKeeper(stowage);

  await stowage.kill9();
  const starting = performance.now();
  await stowage.start();
  say(`listening after ${seconds(starting)}`);
  assert.equal((await engine.list()).length, KNOWN);
  say(`start and first List with ${String(KNOWN)} volumes took ${seconds(starting)}`);
  assert.ok(performance.now() - starting < 30_000, 'the start took more than 30 s');

  await work(engine, Math.max(3, SECONDS / 4));
  const before = { bytes: await bytesAtRest(stowage), descriptors: descriptors(stowage) };
  const latencies = await work(engine, SECONDS);
  const after = { bytes: await bytesAtRest(stowage), descriptors: descriptors(stowage) };
  for (const line of latencies.lines()) say(line);
  say(
    `memory ${mebibytes(before.bytes)} → ${mebibytes(after.bytes)}, descriptors ${String(before.descriptors)} → ${String(after.descriptors)}`,
  );
  assert.ok(after.bytes - before.bytes < GROWTH_BYTES, 'memory grows');
  assert.ok(after.descriptors - before.descriptors < GROWTH_DESCRIPTORS, 'descriptors grow');
  assert.equal(stowage.mounts().length, MOUNTED);
  await keeper.end();
  const unmounting = performance.now();
  await inParallel(MOUNTED, CLIENTS, async (index) => await engine.unmount(`v${String(index)}`, 'held'));
  say(`unmounted ${String(MOUNTED)} in ${seconds(unmounting)}`);
  assert.deepEqual(stowage.mounts(), []);
});

/** What engines do all day: ask for the capabilities before each call, look, mount and unmount, list at times. */
async function work(engine: EngineClient, duration: number): Promise<Latencies> {
  const latencies = new Latencies();
  const end = performance.now() + duration * 1_000;
  const client = async (number: number): Promise<void> => {
    for (let round = 0; performance.now() < end; round += 1) {
      const name = `v${String(MOUNTED + ((number * 131 + round * 17) % (KNOWN - MOUNTED)))}`;
      const id = `id-${String(number)}-${String(round)}`;
      await latencies.measure('Capabilities', async () => await engine.capabilities());
      await latencies.measure('Get', async () => await engine.get(name));
      await latencies.measure('Mount', async () => await engine.mount(name, id));
      await latencies.measure('Unmount', async () => await engine.unmount(name, id));
      if (round % 40 === number % 40) await latencies.measure('List', async () => await engine.list());
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, async (_, number) => await client(number)));
  return latencies;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(0)} MiB`;
}
