import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { editState } from '../../support/state-file.ts';
import type { Stowage } from '../../support/stowage.ts';
import { shareStowage, useStowage } from '../../support/use-stowage.ts';

describe('many volumes at once', () => {
  const shared = shareStowage();

  it('are made, mounted, used, unmounted and removed side by side', async () => {
    const { engine } = shared.current;
    const names = Array.from({ length: 60 }, (_, index) => `volume-${String(index)}`);
    await Promise.all(
      names.map(async (name, index) => {
        await engine.create(name, index % 10 === 0 ? { size: '16MiB' } : {});
        const mountPoint = shared.current.see(await engine.mount(name, `id-of-${name}`));
        writeFileSync(join(mountPoint, 'file'), name);
        assert.equal((await engine.get(name)).Name, name);
        await engine.unmount(name, `id-of-${name}`);
        const again = shared.current.see(await engine.mount(name, 'again'));
        assert.equal(readFileSync(join(again, 'file'), 'utf8'), name);
        await engine.unmount(name, 'again');
      }),
    );
    assert.equal((await engine.list()).length, names.length);
    await Promise.all(names.map(async (name) => await engine.remove(name)));
    assert.deepEqual(await engine.list(), []);
  });

  it('on one volume, calls in any mixture leave it whole', async () => {
    const { engine } = shared.current;
    const calls = Array.from({ length: 200 }, (_, turn) => {
      switch (turn % 4) {
        case 0:
          return engine.create('db');
        case 1:
          return engine.mount('db', 'id');
        case 2:
          return engine.unmount('db', 'id');
        default:
          return engine.remove('db');
      }
    });
    await Promise.allSettled(calls);
    for (let count = 0; count < 60; count += 1) await engine.unmount('db', 'id');
    await engine.create('db');
    assert.equal((await engine.status('db'))['mountIds'], '0');
  });
});

describe('a state of 1,000 volumes', () => {
  /** Milliseconds from the start of the process to its first answer and to its first List. */
  const timeStart = async (stowage: Stowage): Promise<{ answered: number; listed: number }> => {
    const begun = performance.now();
    await stowage.start();
    const answered = performance.now() - begun;
    await stowage.engine.list();
    return { answered, listed: performance.now() - begun };
  };

  it('is served as soon as an empty one', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.list();
    await stowage.stop();
    const empty = await timeStart(stowage);
    await stowage.stop();
    editState(stowage, (database) => {
      const insert = database.prepare(
        "INSERT INTO volumes VALUES (?, 'local', '{}', 'ready', 1700000000000, 0)",
      );
      database.exec('BEGIN');
      for (let index = 0; index < 1_000; index += 1) insert.run(`volume-${String(index)}`);
      database.exec('COMMIT');
    });
    const full = await timeStart(stowage);
    for (const [what, { answered, listed }] of Object.entries({ empty, full })) {
      context.diagnostic(
        `${what}: answers after ${answered.toFixed(0)} ms, List after ${listed.toFixed(0)} ms`,
      );
    }
    assert.equal((await stowage.engine.list()).length, 1_000);
    assert.equal((await stowage.engine.get('volume-999')).Name, 'volume-999');
    // Against an empty state, so that a busy machine does not fail it.
    assert.ok(full.answered - empty.answered < 2_000);
    assert.ok(full.listed - empty.listed < 2_000);
  });
});
