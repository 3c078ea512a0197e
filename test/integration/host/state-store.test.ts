import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import type { StoredVolume } from '../../../plugin/core/ports/state-store.ts';
import { SqliteStateStore } from '../../../plugin/host/index.ts';
import { thrownBy, useHost } from '../../support/host-bench.ts';
import { openStore, volume, volumesIn, withStore } from '../../support/state.ts';

const bench = useHost();
const module = new URL('../../../plugin/host/state-store.ts', import.meta.url).href;

/** A second process that has the store open until it is killed. */
async function openElsewhere(
  file: string,
  work = '',
): Promise<{ kill: () => Promise<void>; output: () => string }> {
  const text = `
    import { SqliteStateStore } from '${module}';
    const store = new SqliteStateStore(process.argv[1]);
    store.open();
    process.stdout.write('open\\n');
    setInterval(() => {}, 1000);
    ${work}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', text, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await once(child.stdout, 'data');
  return {
    output: () => output,
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

describe('SqliteStateStore', () => {
  it('gives back what was put', () => {
    const file = bench().at('state/s.db');
    const states = ['creating', 'ready', 'removing', 'retained'] as const;
    const volumes = states.map((state) => volume(`v-${state}`, { state, unsettled: state === 'ready' }));
    volumes.push(volume('ünï "quoted" \'', { options: {}, references: new Map() }));
    withStore(file, (store) => volumes.forEach((each) => store.put(each)));
    const byName = (a: StoredVolume, b: StoredVolume): number => (a.name < b.name ? -1 : 1);
    assert.deepEqual(volumesIn(file).toSorted(byName), volumes.toSorted(byName));
  });

  it('replaces a volume with its references, and forgets it', () => {
    const file = bench().at('s.db');
    const changed = volume('v', { state: 'removing', references: new Map([['c', { count: 3, since: 4 }]]) });
    withStore(file, (store) => {
      store.put(volume('v'));
      store.put(volume('other'));
      store.put(changed);
    });
    assert.deepEqual(volumesIn(file), [volume('other'), changed]);
    withStore(file, (store) => {
      store.delete('v');
      store.delete('v');
      store.delete('absent');
    });
    assert.deepEqual(volumesIn(file), [volume('other')]);
  });

  it('is for root only', () => {
    const file = bench().at('state/s.db');
    const before = process.umask(0);
    try {
      withStore(file, (store) => {
        store.put(volume('v'));
        for (const name of readdirSync(bench().at('state'))) {
          assert.equal(statSync(bench().at(`state/${name}`)).mode & 0o777, 0o600, name);
        }
      });
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(bench().at('state')).mode & 0o777, 0o700);
  });

  it('may be opened again and closed twice, and refuses to write when closed', async (t) => {
    const store = openStore(t, bench().at('s.db'));
    await thrownBy(() => store.put(volume('v')), 'E_STATE_UNAVAILABLE');
    store.open();
    store.put(volume('v'));
    assert.deepEqual(store.open().volumes, [volume('v')]);
    store.close();
    store.close();
    await thrownBy(() => store.delete('v'), 'E_STATE_UNAVAILABLE');
    assert.deepEqual(store.open().volumes, [volume('v')]);
  });

  it('loads 10,000 volumes in no time', (t) => {
    const file = bench().at('s.db');
    volumesIn(file);
    const database = new DatabaseSync(file);
    database.exec('BEGIN');
    const putVolume = database.prepare(
      "INSERT INTO volumes VALUES (?, 'local', '{\"size\":\"1GiB\"}', 'ready', 1, 0)",
    );
    const putReference = database.prepare('INSERT INTO mount_references VALUES (?, ?, 1, 1)');
    for (let index = 0; index < 10_000; index += 1) {
      putVolume.run(`volume-${index}`);
      putReference.run(`volume-${index}`, 'f'.repeat(64));
    }
    database.exec('COMMIT');
    database.close();
    const store = openStore(t, file);
    const started = process.cpuUsage();
    assert.equal(store.open().volumes.length, 10_000);
    const { user, system } = process.cpuUsage(started);
    // Processor time, because other programs may keep the machine busy.
    assert.ok(user + system < 450_000, `took ${(user + system) / 1000} ms of processor time`);
  });
});

describe('a store that another process uses', () => {
  it('is refused, and free as soon as that process is killed', async (t) => {
    const file = bench().at('s.db');
    const other = await openElsewhere(file);
    const store = openStore(t, file);
    const error = await thrownBy(() => store.open(), 'E_STATE_UNAVAILABLE');
    assert.match(error.message, /another process uses it/);
    await other.kill();
    assert.deepEqual(store.open().volumes, []);
  });

  it('is refused within one process too', async (t) => {
    const file = bench().at('s.db');
    const [first, second] = [openStore(t, file), openStore(t, file)];
    first.open();
    await thrownBy(() => second.open(), 'E_STATE_UNAVAILABLE');
    first.put(volume('v'));
    first.close();
    assert.deepEqual(second.open().volumes, [volume('v')]);
  });
});

describe('a process that is killed', () => {
  it('has on disk everything that it was told is on disk, and nothing by halves', async () => {
    const file = bench().at('s.db');
    let acknowledged = 0;
    for (let round = 0; round < 4; round += 1) {
      const writer = await openElsewhere(
        file,
        `for (let turn = ${acknowledged + 1}; ; turn += 1) {
           const references = new Map([['a', { count: turn, since: turn }], ['b', { count: turn, since: turn }]]);
           store.put({ name: 'v', backend: 'local', options: { turn: String(turn) }, state: 'ready', createdAt: 1,
             unsettled: false, references });
           (await import('node:fs')).writeSync(1, turn + '\\n');
         }`,
      );
      await new Promise((resolve) => setTimeout(resolve, 100 + round * 37));
      await writer.kill();
      acknowledged = Number(writer.output().trimEnd().split('\n').at(-1));
      const [stored] = volumesIn(file);
      const turn = Number(stored?.options['turn']);
      assert.ok(
        turn === acknowledged || turn === acknowledged + 1,
        `${turn} on disk, ${acknowledged} acknowledged`,
      );
      const counts = [...(stored?.references.values() ?? [])].map(({ count }) => count);
      assert.deepEqual(counts, [turn, turn]);
      acknowledged = turn;
    }
    assert.ok(acknowledged > 10);
  });
});

describe('a place where no store can be', () => {
  it('is named with what to do, and tried again later', async (t) => {
    const { at, host, directoryAt } = bench();
    writeFileSync(at('file'), '');
    const store = openStore(t, at('file/s.db'));
    await thrownBy(() => store.open(), 'E_STATE_UNAVAILABLE');
    rmSync(at('file'));
    assert.deepEqual(store.open().volumes, []);

    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['ro'] });
    const error = await thrownBy(() => openStore(t, join(target, 's/s.db')).open(), 'E_STATE_UNAVAILABLE');
    assert.match(error.message, /read-only/);
    await host.mounts.unmount(target);
  });

  it('is a read-only disk with a good store on it, too', async (t) => {
    const { at, host, directoryAt } = bench();
    withStore(at('data/s.db'), (store) => store.put(volume('v')));
    const target = directoryAt('t');
    await host.mounts.bind(at('data'), target, ['ro']);
    await thrownBy(() => openStore(t, join(target, 's.db')).open(), 'E_STATE_UNAVAILABLE');
    await host.mounts.unmount(target);
    assert.deepEqual(volumesIn(at('data/s.db')), [volume('v')]);
  });
});

describe('a full disk', () => {
  it('takes no new volume, lets go of old ones, and takes new ones when there is space again', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['size=4m'] });
    const store = new SqliteStateStore(join(target, 's.db'));
    store.open();
    store.put(volume('v'));
    fill(join(target, 'filler'));
    const options = { note: 'x'.repeat(1_000_000) };
    const large = volume('large', { state: 'creating', options });
    const error = await thrownBy(() => store.put(large), 'E_STATE_UNAVAILABLE');
    assert.match(error.message, /disk is full/);
    store.put(volume('v', { state: 'removing' }));
    store.delete('v');
    rmSync(join(target, 'filler'));
    store.put(large);
    assert.deepEqual(store.open().volumes, [large]);
    store.close();
    await host.mounts.unmount(target);
  });

  it('does not keep a store from being opened, whether it was closed or killed', async () => {
    const { host, directoryAt } = bench();
    const target = directoryAt('t');
    await host.mounts.mount({ source: 'none', target, fileSystem: 'tmpfs', options: ['size=4m'] });
    const file = join(target, 's.db');
    withStore(file, (store) => store.put(volume('v')));
    for (const end of ['closed', 'killed']) {
      if (end === 'killed') await (await openElsewhere(file)).kill();
      fill(join(target, 'filler'));
      assert.deepEqual(volumesIn(file), [volume('v')], end);
      rmSync(join(target, 'filler'));
    }
    await host.mounts.unmount(target);
  });
});

/** Takes all the space there is. */
function fill(file: string): void {
  for (const size of [65_536, 4096]) {
    for (;;) {
      try {
        writeFileSync(file, 'x'.repeat(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}
