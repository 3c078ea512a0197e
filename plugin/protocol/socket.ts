import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { clip, StowageError } from '../core/errors.ts';

/** The kernel's limit for the path of a Unix socket (unix(7)). */
const LONGEST_PATH_BYTES = 107;

/**
 * Listens on a Unix socket that only root can open. A socket file that nobody answers on is removed first: it would cost
 * every `docker volume ls` 15 seconds (protocol.md, section 1, "Legacy discovery"). Anything but a socket is left alone.
 * E_INVALID_CONFIG when another process does answer, or when no socket can be made there.
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw unusable(path, `it is longer than ${String(LONGEST_PATH_BYTES)} bytes`);
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    await makeWay(path);
    server.listen(path);
    await once(server, 'listening');
    chmodSync(path, 0o600);
  } catch (thrown) {
    if (thrown instanceof StowageError) throw thrown;
    throw unusable(path, thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
}

/** Removes a socket file that nobody answers on. */
async function makeWay(path: string): Promise<void> {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return;
  if (!present.isSocket()) throw unusable(path, 'something is there that is not a socket');
  if (await isAnswered(path)) {
    throw new StowageError('E_INVALID_CONFIG', `another process listens on ${path}`, {
      remedy: 'Stop it, or set STOWAGE_SOCKET to another path.',
    });
  }
  unlinkSync(path);
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

function unusable(path: string, why: string, cause?: unknown): StowageError {
  return new StowageError('E_INVALID_CONFIG', `${clip(path, 200)} cannot be listened on: ${why}`, {
    remedy: 'Set STOWAGE_SOCKET to the path of a socket that can be made.',
    cause,
  });
}
