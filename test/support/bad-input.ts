import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { encode } from './engine-client.ts';
import { startStowage, type Stowage } from './stowage.ts';
import { snapshotTree, type TreeSnapshot } from './tree-snapshot.ts';
import { assertNothingLeft, namesIn } from './use-stowage.ts';

/** One thing that somebody may send, and the one line that has to come back. */
export interface BadInput {
  /** What is wrong, for the test's name. */
  readonly what: string;
  /** Create unless said. */
  readonly call?: string;
  /** Sent as JSON; text and bytes are sent as they are. */
  readonly body: unknown;
  readonly status?: number;
  readonly code: string;
  /** How the line names the offending thing. */
  readonly names: RegExp;
}

/** A Create of a volume `db` with these options. */
export function options(
  what: string,
  given: Readonly<Record<string, string>>,
  code: string,
  names: RegExp,
): BadInput {
  return { what, body: { Name: 'db', Opts: given }, code, names };
}

/** What names what, why (with its code) and what to do, in one line. */
const CLEAR_LINE = /^[a-z]+ volume "(?:[^"\\]|\\.)*": \S.* \(E_[A-Z_]+\)\. [A-Z].*\.$/;
const LINE_BREAKERS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const LONGEST_LINE = 1_000;

/**
 * Sends each row to the real program. Every row has to be answered with one clear line; nothing outside the data
 * directory may change, nothing may be left in it, and the program goes on. `rows` is handed the directory of everything,
 * which has an allowed directory `srv` and things around it that must not be touched.
 */
export function describeBadInput(title: string, rows: (root: string) => readonly BadInput[]): void {
  describe(title, () => {
    let stowage: Stowage;
    let surroundings: TreeSnapshot;
    let pid: number;
    const around = (): TreeSnapshot =>
      snapshotTree(stowage.root, [stowage.dataDirectory, stowage.runDirectory]);

    before(async () => {
      stowage = await startStowage({
        environment: (root) => ({ STOWAGE_PATH_ROOTS: [join(root, 'srv'), join(root, 'data')].join(',') }),
      });
      makeSurroundings(stowage);
      // Answered once recovery has made the directories that the program itself needs.
      await stowage.engine.unmount('nobody', 'nobody');
      pid = stowage.pid;
    });

    beforeEach(() => {
      surroundings = around();
    });

    afterEach(async () => {
      assert.deepEqual(around(), surroundings, 'something outside the data directory has changed');
      assert.deepEqual(await stowage.engine.list(), [], 'a volume was made');
      assert.deepEqual(namesIn(join(stowage.dataDirectory, 'volumes')), [], 'files of a volume are left');
      await assertNothingLeft(stowage);
      assert.equal(stowage.pid, pid, 'the program lives');
      assert.deepEqual(await stowage.engine.capabilities(), { Scope: 'local' });
    });

    after(async () => {
      await stowage.close();
    });

    for (const { index, what } of rows('/ROOT').map(({ what }, index) => ({ index, what }))) {
      it(what, async () => {
        const row = rows(stowage.root)[index];
        assert.ok(row !== undefined);
        await assertRefused(stowage, row);
      });
    }
  });
}

async function assertRefused(
  stowage: Stowage,
  { call = 'Create', body, status = 200, code, names }: BadInput,
): Promise<void> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : encode(body);
  const answer = await stowage.raw({ path: `/VolumeDriver.${call}`, body: sent });
  const line = String(JSON.parse(answer.text).Err);
  assert.equal(answer.status, status, line);
  assert.ok(line.includes(`(${code})`), `${code} is not the code of: ${line}`);
  assert.match(line, CLEAR_LINE);
  assert.doesNotMatch(line, LINE_BREAKERS);
  assert.match(line, names);
  assert.ok(line.length < LONGEST_LINE, `a line of ${String(line.length)} characters`);
}

/** An allowed directory with ways out of it, and what lies around. */
function makeSurroundings({ root, dataDirectory }: Stowage): void {
  const [allowed, outside] = [join(root, 'srv'), join(root, 'outside')];
  for (const directory of [join(allowed, 'ok'), join(outside, 'deep'), join(root, 'srv-not')])
    mkdirSync(directory, { recursive: true });
  writeFileSync(join(outside, 'secret'), 'untouched');
  writeFileSync(join(allowed, 'file'), 'a file');
  cpSync(join(outside, 'secret'), join(allowed, 'ok', 'data'));
  symlinkSync(outside, join(allowed, 'way-out'));
  symlinkSync('../outside/deep', join(allowed, 'relative-way-out'));
  symlinkSync('/', join(allowed, 'to-root'));
  symlinkSync(dataDirectory, join(allowed, 'to-data'));
  symlinkSync('loop', join(allowed, 'loop'));
  symlinkSync('nowhere', join(allowed, 'broken'));
}
