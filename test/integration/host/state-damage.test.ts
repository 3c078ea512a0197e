import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { openStore, volume, volumesIn, withStore } from '../../support/state.ts';

const bench = useHost();

describe('a damaged store', () => {
  const damages: Record<string, (file: string) => void> = {
    'that is no database': (file) => writeFileSync(file, 'x'.repeat(8192)),
    'that was cut off': (file) => truncateSync(file, 5000),
    'with a page of garbage': (file) => {
      const bytes = readFileSync(file);
      bytes.fill(0xa5, 4096, 8192);
      writeFileSync(file, bytes);
    },
    'that lacks a table': (file) => {
      const database = new DatabaseSync(file);
      database.exec('DROP TABLE mount_references');
      database.close();
    },
    'with a state that no volume can be in': (file) => {
      const database = new DatabaseSync(file);
      database.exec("PRAGMA ignore_check_constraints = ON; UPDATE volumes SET state = 'odd'");
      database.close();
    },
    "that is somebody else's": (file) => {
      rmSync(file);
      const database = new DatabaseSync(file);
      database.exec('CREATE TABLE bookmarks (url TEXT)');
      database.close();
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`${what} is set aside, and a new one started`, (t) => {
      const { at } = bench();
      const file = at('state/s.db');
      withStore(file, (store) => store.put(volume('v')));
      damage(file);
      const damaged = readFileSync(file);
      const store = openStore(t, file);
      const { volumes, warning } = store.open();
      assert.deepEqual(volumes, []);
      const aside = readdirSync(at('state')).filter((name) =>
        /^s\.db\.damaged-\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(name),
      );
      assert.equal(aside.length, 1, readdirSync(at('state')).join());
      assert.match(warning ?? '', /damaged.*set aside as .*s\.db\.damaged-/);
      assert.deepEqual(readFileSync(at(`state/${aside[0]}`)), damaged);
      store.put(volume('new'));
      assert.deepEqual(store.open(), { volumes: [volume('new')] });
    });
  }

  it('takes along the log beside it', () => {
    const { at, directoryAt } = bench();
    directoryAt('state');
    writeFileSync(at('state/s.db'), 'x'.repeat(8192));
    writeFileSync(at('state/s.db-wal'), 'log');
    assert.deepEqual(
      withStore(at('state/s.db'), () => 'usable'),
      'usable',
    );
    const logs = readdirSync(at('state')).filter((name) => name.endsWith('Z-wal'));
    assert.equal(logs.length, 1);
    assert.equal(readFileSync(at(`state/${logs[0]}`), 'utf8'), 'log');
  });
});

describe('a store that was being made when the process was killed', () => {
  it('is made to the end', () => {
    const { at } = bench();
    writeFileSync(at('s.db'), '');
    assert.deepEqual(volumesIn(at('s.db')), []);
    const database = new DatabaseSync(at('t.db'));
    database.exec('PRAGMA journal_mode = WAL');
    database.close();
    assert.deepEqual(volumesIn(at('t.db')), []);
  });
});

describe('a store from a newer Stowage', () => {
  it('is refused and left alone byte for byte, its log included', async (t) => {
    const { at } = bench();
    const file = at('state/s.db');
    withStore(file, (store) => store.put(volume('v')));
    // Killed right after its migration: the new version number is in the log only.
    const newer = spawn(process.execPath, [
      '-e',
      `const { DatabaseSync } = require('node:sqlite');
       const database = new DatabaseSync('${file}');
       database.exec('PRAGMA user_version = 99; CREATE TABLE future (x)');
       process.kill(process.pid, 'SIGKILL');`,
    ]);
    await once(newer, 'exit');
    const before = ['s.db', 's.db-wal'].map((name) => readFileSync(at(`state/${name}`)));
    const store = openStore(t, file);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await thrownBy(() => store.open(), 'E_STATE_UNAVAILABLE');
      assert.match(error.message, /newer Stowage.*version 99.*up to 1/);
      assert.match(error.remedy, /newer Stowage/);
    }
    assert.deepEqual(
      ['s.db', 's.db-wal'].map((name) => readFileSync(at(`state/${name}`))),
      before,
    );
    assert.ok(!readdirSync(at('state')).some((name) => name.includes('damaged')));
  });
});

describe('a store whose making was interrupted', () => {
  it('is taken back to its last whole state, although only a writer can do that', (t) => {
    const { at } = bench();
    const being = new DatabaseSync(at('being.db'));
    being.exec('PRAGMA cache_size = 1; CREATE TABLE t (x)');
    being.exec('BEGIN; INSERT INTO t VALUES (zeroblob(1000000))');
    mkdirSync(at('state'));
    // What a kill leaves: the database partly written, and the journal that tells what was there before.
    for (const suffix of ['', '-journal']) copyFileSync(at(`being.db${suffix}`), at(`state/s.db${suffix}`));
    being.close();
    const reader = new DatabaseSync(at('state/s.db'), { readOnly: true });
    assert.throws(() => reader.prepare('PRAGMA user_version').get(), { errcode: 776 });
    reader.close();
    const { volumes, warning } = openStore(t, at('state/s.db')).open();
    assert.deepEqual(volumes, []);
    assert.match(warning ?? '', /not a database of Stowage/);
  });
});
