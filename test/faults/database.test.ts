import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import type { Stowage } from '../support/stowage.ts';
import { startStowage } from '../support/stowage.ts';
import {
  assertData,
  assertNoAnswer,
  assertRefused,
  crash,
  healed,
  prepareStowage,
  volumeWithData,
} from './bench.ts';

function databaseOf(stowage: Stowage): string {
  return join(stowage.dataDirectory, 'state', 'stowage.db');
}

/** Two volumes with data, one of them with options and one retained, and a program that is not running. */
async function stopped(context: TestContext): Promise<Stowage> {
  const stowage = await prepareStowage(context);
  await stowage.start();
  await volumeWithData(stowage, 'plain');
  await volumeWithData(stowage, 'mode', { mode: '0750' });
  await volumeWithData(stowage, 'kept', { reclaimPolicy: 'retain' });
  await stowage.engine.remove('kept');
  await stowage.stop();
  return stowage;
}

/** Everything is as it was, options included, and nothing of what was damaged was thrown away. */
async function assertAllThere(stowage: Stowage): Promise<void> {
  await assertData(stowage, 'plain');
  await assertData(stowage, 'mode');
  assert.deepEqual((await stowage.engine.list()).map(({ Name }) => Name).toSorted(), ['mode', 'plain']);
  await assertRefused(stowage, stowage.engine.create('mode', { mode: '0700' }), 'E_VOLUME_EXISTS', /0750/);
  await stowage.engine.create('kept', null);
  await assertData(stowage, 'kept');
}

function overwrite(file: string, offset: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

const DAMAGES: readonly [name: string, damage: (file: string) => void, setAside: boolean][] = [
  ['lost', (file) => rmSync(file), false],
  ['lost with its directory', (file) => rmSync(dirname(file), { recursive: true }), false],
  ['empty', (file) => truncateSync(file, 0), false],
  ['cut to half a page', (file) => truncateSync(file, 2048), true],
  ['cut to one page', (file) => truncateSync(file, 4096), true],
  ['garbage', (file) => writeFileSync(file, Buffer.alloc(20_480, 0xa5)), true],
  ['torn in the middle of a page', (file) => overwrite(file, 4096 + 2048, Buffer.alloc(6_000, 0xff)), true],
  ['without its header', (file) => overwrite(file, 0, Buffer.alloc(100, 0)), true],
];

describe('the database', () => {
  for (const [name, damage, setAside] of DAMAGES) {
    test(`${name}: it is rebuilt from the volumes' marks`, async (context) => {
      const stowage = await stopped(context);
      const file = databaseOf(stowage);
      damage(file);
      await stowage.start();
      await assertAllThere(stowage);
      const aside = readdirSync(dirname(file)).filter((entry) => entry.includes('damaged'));
      assert.equal(aside.length > 0, setAside, `set aside: ${aside.join(' ')}`);
      if (setAside) assert.match(stowage.output(), /state was damaged and set aside/);
    });
  }

  test('a log of garbage beside it is not replayed', async (context) => {
    const stowage = await stopped(context);
    writeFileSync(`${databaseOf(stowage)}-wal`, Buffer.alloc(9_000, 0x5a));
    await stowage.start();
    await assertAllThere(stowage);
  });

  test('a log torn by a crash: what was promised is there', async (context) => {
    const stowage = await stopped(context);
    await stowage.start();
    await volumeWithData(stowage, 'late');
    await stowage.kill9();
    const log = `${databaseOf(stowage)}-wal`;
    // A frame that was being written when the power went.
    const end = statSync(log).size;
    overwrite(log, end, Buffer.alloc(2_000, 0x77));
    await stowage.start();
    await assertData(stowage, 'late');
    await assertAllThereBut(stowage, 'late');
  });

  test('from a newer version: refused, unchanged, and served when the newer one is back', async (context) => {
    const stowage = await stopped(context);
    const file = databaseOf(stowage);
    const edit = (sql: string): void => {
      const database = new DatabaseSync(file);
      database.exec(sql);
      database.close();
    };
    const before = Number(pragma(file));
    edit(`PRAGMA user_version = ${String(before + 1)}`);
    const bytes = hash(file);
    await stowage.start();
    await assertRefused(stowage, stowage.engine.create('x'), 'E_STATE_UNAVAILABLE', /newer Stowage/);
    await assertNoAnswer(stowage, 'plain');
    assert.equal(hash(file), bytes, 'the database was changed');
    edit(`PRAGMA user_version = ${String(before)}`);
    await healed(async () => await stowage.engine.get('plain'));
    await assertAllThere(stowage);
  });

  test('a directory in its place', async (context) => {
    const stowage = await stopped(context);
    const file = databaseOf(stowage);
    renameSync(file, `${file}.moved`);
    mkdirSync(file);
    await stowage.start();
    await assertRefused(
      stowage,
      stowage.engine.create('x'),
      'E_STATE_UNAVAILABLE',
      /is not a file.*Move away/,
    );
    await assertNoAnswer(stowage, 'plain');
    rmSync(file, { recursive: true });
    renameSync(`${file}.moved`, file);
    await healed(async () => await stowage.engine.get('plain'));
    await assertAllThere(stowage);
  });

  test('of another program: set aside, never written to', async (context) => {
    const stowage = await stopped(context);
    const file = databaseOf(stowage);
    rmSync(file);
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE accounts (balance); INSERT INTO accounts VALUES (42)');
    other.close();
    await stowage.start();
    await assertAllThere(stowage);
    const [aside = ''] = readdirSync(dirname(file)).filter((entry) => entry.includes('damaged'));
    const kept = new DatabaseSync(join(dirname(file), aside), { readOnly: true });
    assert.equal(kept.prepare('SELECT balance FROM accounts').get()?.['balance'], 42);
    kept.close();
  });

  test('overwritten while it serves: answers go on, and the next start rebuilds it', async (context) => {
    const stowage = await stopped(context);
    await stowage.start();
    writeFileSync(databaseOf(stowage), Buffer.alloc(20_480, 0xa5));
    assert.equal((await stowage.engine.get('plain')).Name, 'plain');
    await crash(stowage);
    await assertAllThere(stowage);
  });

  test('lost together with one mark: only that volume is not rebuilt, and its data stays', async (context) => {
    const stowage = await stopped(context);
    rmSync(dirname(databaseOf(stowage)), { recursive: true });
    const home = join(stowage.dataDirectory, 'volumes', 'mode');
    rmSync(join(home, 'volume.json'));
    mkdirSync(join(home, 'volume.json'));
    await stowage.start();
    await assertData(stowage, 'plain');
    assert.match(stowage.output(), /mark/);
    await assertRefused(stowage, stowage.engine.create('mode'), 'E_HOST_FAILED', /reading .*volume.json/);
    assert.equal(readFileSync(join(home, 'data', 'kept'), 'utf8'), 'data of mode');
  });

  test('lost, and the program is killed while it rebuilds: nothing is forgotten', async (context) => {
    const stowage = await prepareStowage(context);
    await stowage.start();
    const names = Array.from({ length: 400 }, (_, index) => `v${String(index)}`);
    for (const name of names) await stowage.engine.create(name);
    await stowage.stop();
    for (const delay of [0, 20, 60]) {
      rmSync(dirname(databaseOf(stowage)), { recursive: true });
      stowage.launch();
      // A busy machine takes its time to start a program.
      await healed(async () => {
        if (!existsSync(databaseOf(stowage))) throw new Error('not yet');
      }, 30_000);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await stowage.kill9();
      await stowage.start();
      const known = await healed(async () => await stowage.engine.list());
      assert.equal(known.length, names.length, `killed ${String(delay)} ms after the database was made`);
      await stowage.stop();
    }
  });

  test('in use by another Stowage: refused until that one has ended', async (context) => {
    const first = await stopped(context);
    await first.start();
    const second = await startStowage({ environment: { STOWAGE_DATA: first.dataDirectory } });
    context.after(async () => await second.close());
    await assertRefused(second, second.engine.create('x'), 'E_STATE_UNAVAILABLE', /Stop the other Stowage/);
    await assertNoAnswer(second, 'plain');
    await assertData(first, 'plain');
    await first.stop();
    await healed(async () => await second.engine.get('plain'));
    await second.stop();
    await first.start();
    await assertAllThere(first);
  });
});

async function assertAllThereBut(stowage: Stowage, extra: string): Promise<void> {
  await stowage.engine.remove(extra);
  await assertAllThere(stowage);
}

function pragma(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
  database.close();
  return version;
}

function hash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
