import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onSmallDisk, prepareStowage } from '../faults/bench.ts';
import { snapshotTree } from '../support/tree-snapshot.ts';
import type { Stowage } from '../support/stowage.ts';
import { assertNothingLeft } from '../support/use-stowage.ts';
import { fuzzInput } from './fuzz-input.ts';
import { RawConnection, type WireAnswer } from './raw-connection.ts';

const soak = process.env['STOWAGE_SOAK'] === '1';
const INPUTS = Number(process.env['STOWAGE_FUZZ_INPUTS'] ?? (soak ? 2_000_000 : 100_000));
const SEED = Number(process.env['STOWAGE_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Sends this input only. */
const ONLY = process.env['STOWAGE_FUZZ_ONLY'];
const CONNECTIONS = 8;
const LARGEST_BYTES = 400 * 1024 * 1024;

test(`${String(INPUTS)} hostile inputs over all endpoints, seed ${String(SEED)}`, async (context) => {
  const stowage = await prepareStowage(context, { environment: { STOWAGE_LOG_LEVEL: 'error' } });
  await onSmallDisk(stowage, 'size=64m');
  await stowage.start();
  const canary = join(stowage.root, 'canary');
  mkdirSync(join(canary, 'deep'), { recursive: true });
  writeFileSync(join(canary, 'deep', 'file'), 'untouched');
  symlinkSync('/etc/passwd', join(canary, 'link'));
  const own = ['data', 'mounts', 'run', 'socket'].map((name) => join(stowage.root, name));
  const before = snapshotTree(stowage.root, own);
  const pid = stowage.pid;
  const tally = new Map<string, number>();
  const first = ONLY === undefined ? 0 : Number(ONLY);
  const last = ONLY === undefined ? INPUTS : first + 1;
  let next = first;
  let warm = 0;

  const sender = async (): Promise<void> => {
    const connection = new RawConnection(stowage.socket);
    for (let index = next++; index < last; index = next++) {
      const replay = `STOWAGE_FUZZ_SEED=${String(SEED)} STOWAGE_FUZZ_ONLY=${String(index)}`;
      try {
        const { bytes, framed } = fuzzInput(SEED, index);
        const kind = framed
          ? checkAnswer(await connection.ask(bytes))
          : checkText(await connection.sendAndEnd(bytes));
        tally.set(kind, (tally.get(kind) ?? 0) + 1);
      } catch (failure) {
        throw new Error(`replay with ${replay}`, { cause: failure });
      }
      if (index % 10_000 === 9_999) {
        const resident = residentBytes(pid);
        if (index === 19_999) warm = resident;
        assert.ok(resident < LARGEST_BYTES, `memory grew to ${String(resident)} bytes`);
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));

  context.diagnostic(
    JSON.stringify(Object.fromEntries([...tally].toSorted(([left], [right]) => left.localeCompare(right)))),
  );
  context.diagnostic(
    `memory after 20,000 inputs ${String(warm >> 20)} MiB, at the end ${String(residentBytes(pid) >> 20)} MiB`,
  );
  assert.equal(stowage.pid, pid, 'the program was started anew');
  assert.deepEqual(snapshotTree(stowage.root, own), before, 'something outside the data directory changed');
  assert.doesNotMatch(stowage.output(), /E_INTERNAL/);
  await tidyUp(stowage);
  await assertNothingLeft(stowage);
});

/** Claims were made under IDs that nobody remembers; they are void when their mounts are gone. */
async function tidyUp(stowage: Stowage): Promise<void> {
  await stowage.kill9();
  for (const { target } of stowage.mounts()) await stowage.namespace.run('umount', target);
  await stowage.start();
  for (const { Name } of await stowage.engine.list()) await stowage.engine.remove(Name);
}

/** A status that the protocol knows and one JSON object, or no answer at all. */
function checkAnswer(answer: WireAnswer | undefined): string {
  if (answer === undefined) return 'closed';
  const { status, body } = answer;
  assert.ok([200, 400, 404, 413, 415, 417, 431].includes(status), `status ${String(status)}`);
  if (body === '') {
    assert.ok(status >= 400, 'an empty success');
    return `${String(status)} empty`;
  }
  const decoded: unknown = JSON.parse(body);
  assert.ok(typeof decoded === 'object' && decoded !== null && !Array.isArray(decoded), body);
  const line: unknown = Reflect.get(decoded, 'Err');
  assert.ok(line === undefined || (typeof line === 'string' && line.length < 4_000), body.slice(0, 500));
  assert.ok(line === undefined || !/[\u0000-\u001f]/.test(line), 'a control character in an error');
  return `${String(status)} ${/\((E_\w+)\)/.exec(line ?? '')?.[1] ?? (line === undefined ? 'ok' : 'plain')}`;
}

/** Any number of well-formed heads, or nothing. */
function checkText(text: string): string {
  assert.ok(text === '' || text.startsWith('HTTP/1.1 '), text.slice(0, 200));
  assert.doesNotMatch(text, /HTTP\/1\.1 5\d\d/);
  return text === '' ? 'broken: closed' : 'broken: answered';
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]) * 1024;
}
