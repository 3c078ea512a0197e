import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { refusalOf } from '../../support/engine-client.ts';
import { eventually } from '../../support/eventually.ts';
import { editState, stateFile } from '../../support/state-file.ts';
import type { Stowage } from '../../support/stowage.ts';
import { removeAll, useStowage } from '../../support/use-stowage.ts';
import { content, fill, homeOf } from '../../support/volume-files.ts';

const VOLUMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  directory: { uid: '5', reclaimPolicy: 'retain' },
  image: { size: '32MiB' },
  memory: { medium: 'memory', size: '4MiB' },
};

async function makeVolumes(stowage: Stowage): Promise<void> {
  for (const [name, options] of Object.entries(VOLUMES)) await stowage.engine.create(name, options);
  for (const name of ['directory', 'image']) await fill(stowage, name, `data of ${name}`);
  await stowage.engine.create('kept', { reclaimPolicy: 'retain' });
  await fill(stowage, 'kept', 'kept data');
  await stowage.engine.remove('kept');
}

/** All volumes with their options and data, and the retained one only for those who ask for it. */
async function assertRebuilt(stowage: Stowage): Promise<void> {
  const { engine } = stowage;
  assert.deepEqual((await engine.list()).map(({ Name }) => Name).toSorted(), Object.keys(VOLUMES).toSorted());
  for (const [name, options] of Object.entries(VOLUMES)) await engine.create(name, options);
  assert.match((await refusalOf(engine.create('directory', { uid: '6' }))).message, /uid is 5, not 6/);
  for (const name of ['directory', 'image']) assert.equal(await content(stowage, name), `data of ${name}`);
  assert.equal((await refusalOf(engine.get('kept'))).code, 'E_VOLUME_NOT_FOUND');
  await engine.create('kept');
  assert.equal(await content(stowage, 'kept'), 'kept data');
  for (const name of ['directory', 'kept']) await engine.create(name, { reclaimPolicy: 'delete' });
  await removeAll(stowage);
}

const LOSSES: Readonly<Record<string, (file: string) => void>> = {
  lost: (file) => rmSync(dirname(file), { recursive: true }),
  empty: (file) => truncateSync(file, 0),
  'cut in half': (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2)),
  'full of zeros': (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length)),
  'another program’s file': (file) => writeFileSync(file, 'this is no database\n'.repeat(500)),
};

describe('a state that is', () => {
  for (const [what, lose] of Object.entries(LOSSES)) {
    it(`${what} is rebuilt from the volumes’ own marks`, async (context) => {
      const stowage = await useStowage(context);
      await makeVolumes(stowage);
      await stowage.stop();
      lose(stateFile(stowage));
      await stowage.start();
      await assertRebuilt(stowage);
    });
  }

  it('damaged is set aside and never deleted, and the log says where it is', async (context) => {
    const stowage = await useStowage(context);
    await makeVolumes(stowage);
    await stowage.stop();
    writeFileSync(stateFile(stowage), 'damaged');
    await stowage.start();
    const { level, warning } = await stowage.logged('state was damaged and set aside');
    assert.equal(level, 'error');
    const aside = readdirSync(dirname(stateFile(stowage))).find((name) => name.includes('damaged')) ?? 'none';
    assert.ok(String(warning).includes(aside), String(warning));
    assert.equal(readFileSync(join(dirname(stateFile(stowage)), aside), 'utf8'), 'damaged');
    await assertRebuilt(stowage);
  });

  it('lost while volumes are mounted: they stay mounted for their containers and can be mounted again', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    const mountPoint = await stowage.engine.mount('db', 'id');
    await stowage.stop();
    rmSync(dirname(stateFile(stowage)), { recursive: true });
    await stowage.start();
    await stowage.engine.mount('db', 'id');
    writeFileSync(join(stowage.see(mountPoint), 'file'), 'data');
    await stowage.engine.unmount('db', 'id');
    assert.equal(await content(stowage, 'db'), 'data');
    await removeAll(stowage);
  });
});

describe('a state from a newer Stowage', () => {
  it('is refused with every call, left as it is, and used again when the newer one is back', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db');
    await stowage.stop();
    editState(stowage, (database) => database.exec('PRAGMA user_version = 99'));
    const before = readFileSync(stateFile(stowage));
    await stowage.start();
    for (const call of [
      stowage.engine.create('new'),
      stowage.engine.mount('db', 'id'),
      stowage.engine.remove('db'),
      stowage.engine.list(),
    ]) {
      const refusal = await refusalOf(call);
      assert.equal(refusal.code, 'E_STATE_UNAVAILABLE');
      assert.match(
        refusal.message,
        /is from a newer Stowage: it has version 99.*Install the newer Stowage again/,
      );
    }
    await assert.rejects(stowage.engine.get('db'), { code: 'ECONNRESET' });
    assert.deepEqual(await stowage.engine.capabilities(), { Scope: 'local' });
    await stowage.stop();
    assert.deepEqual(readFileSync(stateFile(stowage)), before);
    assert.ok(existsSync(homeOf(stowage, 'db')));
    editState(stowage, (database) => database.exec('PRAGMA user_version = 1'));
    await stowage.start();
    assert.equal((await stowage.engine.get('db')).Name, 'db');
    await removeAll(stowage);
  });
});

describe('a data directory that cannot be used', () => {
  it('keeps nobody from listening, and is tried again', async (context) => {
    const stowage = await useStowage(context, {
      environment: (root) => ({ STOWAGE_DATA: join(root, 'later', 'data') }),
    });
    // Answered once the state has been made.
    await stowage.engine.list();
    await stowage.stop();
    rmSync(join(stowage.root, 'later'), { recursive: true });
    writeFileSync(join(stowage.root, 'later'), 'a file in its place');
    await stowage.start();
    const refusal = await refusalOf(stowage.engine.create('db'));
    assert.equal(refusal.code, 'E_STATE_UNAVAILABLE');
    assert.match(refusal.message, /later/);
    rmSync(join(stowage.root, 'later'));
    await eventually(async () => await stowage.engine.create('db'));
    await stowage.engine.remove('db');
  });
});
