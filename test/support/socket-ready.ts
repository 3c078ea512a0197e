import { once } from 'node:events';
import { watch } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';

/** Resolves when something listens on a Unix socket; its directory has to exist. */
export async function listening(path: string, signal: AbortSignal): Promise<void> {
  // Watched before the first try, so that the moment is not missed.
  const events = watch(dirname(path), { signal });
  if (await answers(path)) return;
  for await (const { filename } of events) if (filename === basename(path) && (await answers(path))) return;
}

/** Whether something listens on a Unix socket now. */
async function answers(path: string): Promise<boolean> {
  const probe = connect(path);
  try {
    await once(probe, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    probe.destroy();
  }
}
