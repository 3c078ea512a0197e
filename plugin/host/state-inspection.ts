import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StowageError } from '../core/errors.ts';
import { isDamage } from './state-errors.ts';
import { SCHEMA_VERSION, STATES, TABLES } from './state-migrations.ts';

/** SQLITE_READONLY_ROLLBACK: killed in a write, which only somebody who may write can take back. */
const HALF_WRITTEN = 776;

/**
 * Looks at the state without changing a byte of it. Gives what is damaged about it, or undefined when it can be used
 * or is not there. Throws when it is from a newer Stowage or cannot be read at present.
 */
export function inspectState(file: string): string | undefined {
  const facts = statSync(file, { throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  if (!facts.isFile()) throw notAFile(file);
  try {
    return look(file);
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'errcode') !== HALF_WRITTEN) throw error;
    takeBack(file);
    return look(file);
  }
}

/** Brings back the last whole state. Only a database that was just being made has no log and needs it. */
function takeBack(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.prepare('PRAGMA user_version').get();
  } finally {
    database.close();
  }
}

function look(file: string): string | undefined {
  // Reading only: a database opened for writing would be changed by being closed again. Only an index of the log
  // (-shm) appears beside it, and stays, so that the next look needs no space for it on a full disk.
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version > SCHEMA_VERSION) throw newer(file, version);
    return findDamage(database, version);
  } catch (error) {
    if (isDamage(error)) return error instanceof Error ? error.message : 'it cannot be read';
    throw error;
  } finally {
    database.close();
  }
}

function findDamage(database: DatabaseSync, version: number): string | undefined {
  const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (check !== 'ok') return String(check).replace(/\s+/g, ' ');
  const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const tables = rows.map((row) => String(row['name']));
  // A file without anything in it is one that was being made when the process was killed.
  if (version === 0) return tables.length === 0 ? undefined : 'it is not a database of Stowage';
  const missing = TABLES.filter((table) => !tables.includes(table));
  if (missing.length > 0) return `it lacks the table ${missing.join(', ')}`;
  return findUnreadable(database);
}

/** The quick check passes over the schema's own conditions. */
function findUnreadable(database: DatabaseSync): string | undefined {
  const states = STATES.map((state) => `'${state}'`).join();
  const row = database
    .prepare(`SELECT name FROM volumes WHERE state NOT IN (${states}) OR NOT json_valid(options) LIMIT 1`)
    .get();
  return row === undefined
    ? undefined
    : `what it holds about the volume ${String(row['name'])} makes no sense`;
}

function notAFile(file: string): StowageError {
  return new StowageError('E_STATE_UNAVAILABLE', `the state in ${file} cannot be used: it is not a file`, {
    remedy: 'Move away what lies there, then repeat.',
    details: { file },
  });
}

function newer(file: string, version: number): StowageError {
  return new StowageError(
    'E_STATE_UNAVAILABLE',
    `the state in ${file} is from a newer Stowage: it has version ${version}, this one knows up to ${SCHEMA_VERSION}`,
    {
      remedy: 'Install the newer Stowage again. Nothing was changed.',
      details: { file, version, known: SCHEMA_VERSION },
    },
  );
}
