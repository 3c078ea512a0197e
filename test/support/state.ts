import assert from 'node:assert/strict';
import type { StoredVolume } from '../../plugin/core/ports/state-store.ts';
import type { TestContext } from 'node:test';
import { SqliteStateStore } from '../../plugin/host/index.ts';

/** A stored volume with everything set. */
export function volume(name: string, changes: Partial<StoredVolume> = {}): StoredVolume {
  return {
    name,
    backend: 'local',
    options: { size: '10GiB', uid: '5' },
    state: 'ready',
    createdAt: 1_700_000_000_123,
    unsettled: false,
    references: new Map([
      ['a'.repeat(64), { count: 2, since: 1_700_000_000_456 }],
      ['b'.repeat(64), { count: 1, since: 1_700_000_000_789 }],
    ]),
    ...changes,
  };
}

/** A store that is closed when the test ends. */
export function openStore(t: TestContext, file: string): SqliteStateStore {
  const store = new SqliteStateStore(file);
  t.after(() => store.close());
  return store;
}

/** Opens the store, hands it to the work and closes it again. */
export function withStore<Result>(file: string, work: (store: SqliteStateStore) => Result): Result {
  const store = new SqliteStateStore(file);
  store.open();
  try {
    return work(store);
  } finally {
    store.close();
  }
}

/** What is durable, read by a store of its own. */
export function volumesIn(file: string): StoredVolume[] {
  const store = new SqliteStateStore(file);
  try {
    const { volumes, warning } = store.open();
    assert.equal(warning, undefined);
    return volumes;
  } finally {
    store.close();
  }
}
