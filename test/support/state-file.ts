import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Stowage } from './stowage.ts';

/** The program's database. */
export function stateFile(stowage: Stowage): string {
  return join(stowage.dataDirectory, 'state', 'stowage.db');
}

/**
 * Works on the database of a program that does not run: to put it where a crash at one certain instruction, or much
 * time, would have left it.
 */
export function editState<Result>(stowage: Stowage, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(stateFile(stowage));
  try {
    return work(database);
  } finally {
    database.close();
  }
}
