import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Engine } from '../../../scripts/lib/engine.ts';

const ADDRESS = '127.0.0.1';

/**
 * Makes a service on this machine's loopback answer at the same port of the engine's loopback, which is another one. What
 * is there of it inside ends with the engine.
 *
 * @returns ends what is there of it outside
 */
export async function shareLoopback(engine: Engine, port: number): Promise<() => Promise<void>> {
  // A socket that is a file is reached from every network.
  const socket = join(engine.directory, `loopback-${String(port)}.sock`);
  const outside = forward({ path: socket }, { host: ADDRESS, port });
  await once(outside, 'listening');
  const line = engine.alongside(process.execPath, [import.meta.filename, String(port), socket]);
  const inside = spawn(line.command, line.args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const failed = once(inside, 'exit').then(([code]) => {
    throw new Error(`Port ${String(port)} of the engine cannot be listened on: exited with ${String(code)}.`);
  });
  failed.catch(() => undefined);
  await Promise.race([once(inside.stdout, 'data'), failed]);
  return async () => {
    outside.close();
    await once(outside, 'close');
  };
}

/** Hands every connection on. */
function forward(from: { path: string } | { host: string; port: number }, to: typeof from): Server {
  return createServer((incoming) => {
    const outgoing = connect(to);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }).listen(from);
}

if (import.meta.main) {
  const [, , port = '', path = ''] = process.argv;
  await once(forward({ host: ADDRESS, port: Number(port) }, { path }), 'listening');
  console.log('listening');
}
