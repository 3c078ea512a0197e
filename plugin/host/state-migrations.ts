import type { DatabaseSync } from 'node:sqlite';
import type { VolumeState } from '../core/ports/state-store.ts';

/** States that a row may be in; the schema's check lists the same. */
export const STATES: readonly VolumeState[] = ['creating', 'ready', 'removing', 'retained'];

/** Each brings the schema from its position in the list to the next version. Never edited once released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE volumes (
     name TEXT PRIMARY KEY,
     backend TEXT NOT NULL,
     options TEXT NOT NULL CHECK (json_type(options) = 'object'),
     state TEXT NOT NULL CHECK (state IN ('creating', 'ready', 'removing', 'retained')),
     created_at INTEGER NOT NULL,
     unsettled INTEGER NOT NULL CHECK (unsettled IN (0, 1))
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE mount_references (
     volume TEXT NOT NULL REFERENCES volumes (name) ON DELETE CASCADE,
     mount_id TEXT NOT NULL,
     count INTEGER NOT NULL CHECK (count > 0),
     since INTEGER NOT NULL,
     PRIMARY KEY (volume, mount_id)
   ) STRICT, WITHOUT ROWID;`,
];

/** The schema version that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Tables that a store of the present version has. */
export const TABLES = ['mount_references', 'volumes'] as const;

/** Brings the store to the present version, whole or not at all. */
export function migrate(database: DatabaseSync, from: number): void {
  if (from === SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(from)) database.exec(step);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
