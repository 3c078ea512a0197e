import { chmodSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { StowageError } from '../core/errors.ts';

/**
 * Listens on a Unix socket that only root can open. A socket file that nobody answers on is removed first: it would cost
 * every `docker volume ls` 15 seconds (protocol.md, section 1, "Legacy discovery"). E_INVALID_CONFIG when another
 * process does answer.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  if (await isAnswered(path)) {
    throw new StowageError('E_INVALID_CONFIG', `another process listens on ${path}`, {
      remedy: 'Stop it, or set STOWAGE_SOCKET to another path.',
    });
  }
  removeSocket(path);
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
}

/** Removes the socket file. Absent is fine. */
export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (thrown) {
    if (!(thrown instanceof Error && Reflect.get(thrown, 'code') === 'ENOENT')) throw thrown;
  }
}

async function isAnswered(path: string): Promise<boolean> {
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
