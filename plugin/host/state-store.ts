import { closeSync, fsyncSync, mkdirSync, openSync, renameSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StowageError } from '../core/errors.ts';
import type {
  OpenedState,
  Reference,
  StateStore,
  StoredVolume,
  VolumeState,
} from '../core/ports/state-store.ts';
import { inspectState } from './state-inspection.ts';
import { isFull, stateUnavailable } from './state-errors.ts';
import { migrate, STATES } from './state-migrations.ts';
import { StateReserve } from './state-reserve.ts';
import { errnoOf } from './system-call-error.ts';

interface Opened {
  readonly database: DatabaseSync;
  readonly putVolume: StatementSync;
  readonly dropReferences: StatementSync;
  readonly putReference: StatementSync;
  readonly deleteVolume: StatementSync;
}

/**
 * The durable memory in SQLite. Write-ahead log with a sync per commit: one write to disk before each return. The
 * exclusive lock is the kernel's: a second process is refused, and none is left behind by a process that was killed.
 */
export class SqliteStateStore implements StateStore {
  readonly #file: string;
  readonly #reserve: StateReserve;
  #opened: Opened | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#reserve = new StateReserve(file);
  }

  open(): OpenedState {
    this.close();
    try {
      makeStateDirectory(path.dirname(this.#file));
      const warning = this.#withReserve(() => this.#setAsideIfDamaged());
      const database = this.#withReserve(() => openDatabase(this.#file));
      try {
        emptyLog(database);
        const volumes = readVolumes(database);
        this.#opened = prepare(database);
        this.#reserve.fill();
        return warning === undefined ? { volumes } : { volumes, warning };
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      throw stateUnavailable(this.#file, error);
    }
  }

  put(...volumes: readonly StoredVolume[]): void {
    const put = (): void =>
      this.#write((store) => {
        for (const volume of volumes) putOne(store, volume);
      });
    // A full disk takes no new volume, but what exists has to be given back.
    if (!volumes.some(({ state }) => state === 'creating')) return this.#withReserve(put);
    put();
    this.#reserve.fill();
  }

  delete(name: string): void {
    this.#withReserve(() => this.#write((store) => store.deleteVolume.run(name)));
  }

  close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.database.close();
  }

  #setAsideIfDamaged(): string | undefined {
    const finding = inspectState(this.#file);
    if (finding === undefined) return undefined;
    const aside = `${this.#file}.damaged-${new Date().toISOString()}`;
    // The log first: killed in between, the damaged database is found again, and never a good one with a stray log.
    for (const suffix of ['-wal', '-shm', '-journal', '']) {
      try {
        renameSync(this.#file + suffix, aside + suffix);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }
    syncDirectoryNow(path.dirname(this.#file));
    return `the state was damaged (${finding}); it was set aside as ${aside} and a new one was started`;
  }

  /** Once more with the reserve when the disk is full. */
  #withReserve<Result>(step: () => Result): Result {
    try {
      return step();
    } catch (error) {
      if (!isFull(error) || !this.#reserve.release()) throw error;
      if (this.#opened !== undefined) emptyLog(this.#opened.database);
      return step();
    }
  }

  #write(work: (store: Opened) => void): void {
    const store = this.#opened;
    if (store === undefined) {
      throw new StowageError('E_STATE_UNAVAILABLE', `the state in ${this.#file} is not open`);
    }
    try {
      store.database.exec('BEGIN IMMEDIATE');
      work(store);
      store.database.exec('COMMIT');
    } catch (error) {
      // A full disk ends some transactions by itself and leaves others open.
      if (store.database.isTransaction) store.database.exec('ROLLBACK');
      throw stateUnavailable(this.#file, error);
    }
  }
}

function putOne(store: Opened, volume: StoredVolume): void {
  store.putVolume.run(
    volume.name,
    volume.backend,
    JSON.stringify(volume.options),
    volume.state,
    volume.createdAt,
    volume.unsettled ? 1 : 0,
  );
  store.dropReferences.run(volume.name);
  for (const [id, reference] of volume.references) {
    store.putReference.run(volume.name, id, reference.count, reference.since);
  }
}

function makeStateDirectory(directory: string): void {
  try {
    mkdirSync(directory, 0o700);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    if (errnoOf(error) !== 'ENOENT') throw error;
    makeStateDirectory(path.dirname(directory));
    return makeStateDirectory(directory);
  }
  syncDirectoryNow(path.dirname(directory));
}

function syncDirectoryNow(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Made by us rather than by SQLite, so that it is never readable by others, not even for a moment. */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    throw error;
  }
  syncDirectoryNow(path.dirname(file));
}

function openDatabase(file: string): DatabaseSync {
  makeFile(file);
  const database = new DatabaseSync(file);
  try {
    // Before the first read, so that the lock is taken at once and the log needs no shared memory.
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    // Often, so that the log stays within the space that is kept for it.
    database.exec('PRAGMA wal_autocheckpoint = 64');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    migrate(database, Number(database.prepare('PRAGMA user_version').get()?.['user_version']));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Takes what the log holds into the database, which grows by it, as long as there is space for that. */
function emptyLog(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA wal_checkpoint(RESTART)');
  } catch {
    // A full disk; the log goes on growing within the space that is kept for it.
  }
}

function prepare(database: DatabaseSync): Opened {
  return {
    database,
    putVolume: database.prepare(
      `INSERT INTO volumes (name, backend, options, state, created_at, unsettled) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET backend = excluded.backend, options = excluded.options,
         state = excluded.state, created_at = excluded.created_at, unsettled = excluded.unsettled`,
    ),
    dropReferences: database.prepare('DELETE FROM mount_references WHERE volume = ?'),
    putReference: database.prepare(
      'INSERT INTO mount_references (volume, mount_id, count, since) VALUES (?, ?, ?, ?)',
    ),
    deleteVolume: database.prepare('DELETE FROM volumes WHERE name = ?'),
  };
}

/** Rows as arrays: objects with names cost three times as much, which is felt at 10,000 volumes. */
function rowsOf(database: DatabaseSync, query: string): unknown[][] {
  const statement = database.prepare(query);
  statement.setReturnArrays(true);
  const rows: unknown = statement.all();
  return Array.isArray(rows) ? rows : [];
}

function readVolumes(database: DatabaseSync): StoredVolume[] {
  const references = readReferences(database);
  const none = new Map<string, Reference>();
  const rows = rowsOf(database, 'SELECT name, backend, options, state, created_at, unsettled FROM volumes');
  return rows.map(([name, backend, options, state, createdAt, unsettled]) => ({
    name: String(name),
    backend: String(backend),
    options: readOptions(String(options)),
    state: readState(state),
    createdAt: Number(createdAt),
    unsettled: unsettled === 1,
    references: references.get(String(name)) ?? none,
  }));
}

function readOptions(text: string): Record<string, string> {
  const options: Record<string, string> = JSON.parse(text);
  return options;
}

function readState(value: unknown): VolumeState {
  const state = STATES.find((known) => known === value);
  if (state === undefined) throw new Error(`a volume is in the unknown state ${String(value)}`);
  return state;
}

function readReferences(database: DatabaseSync): Map<string, Map<string, Reference>> {
  const found = new Map<string, Map<string, Reference>>();
  const rows = rowsOf(database, 'SELECT volume, mount_id, count, since FROM mount_references');
  for (const [volume, mountId, count, since] of rows) {
    const references = found.get(String(volume)) ?? new Map<string, Reference>();
    references.set(String(mountId), { count: Number(count), since: Number(since) });
    found.set(String(volume), references);
  }
  return found;
}
