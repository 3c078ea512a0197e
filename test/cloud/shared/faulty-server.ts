import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallLog } from './call-log.ts';
import type { Fault, Faults } from './faults.ts';

/** An answer as it goes onto the wire. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the call log: `ok` or the error's code. */
  readonly outcome: string;
}

/** One request, understood as far as faults and counts need it. */
export interface Exchange {
  readonly operation: string;
  /** Whoever the request claims to be from: faults and counts come before proof. */
  readonly caller: string;
  /** How many things the request names. */
  readonly ids: number;
  /** Does the work. A fault that refuses is refused in the cloud's own words. */
  answer(fault: Fault | undefined): Promise<Reply>;
}

/** What a stand-in's server shares with its tests. */
export interface FaultyServerParts {
  readonly faults: Faults;
  readonly calls: CallLog;
  now(): number;
  /** Something failed that is no refusal of the cloud's: a fault of the stand-in must not look like one. */
  failed(detail: string): void;
}

/** An HTTP server, not listening yet, that counts calls and fails when it is told to. */
export function createFaultyServer(
  parts: FaultyServerParts,
  begin: (request: IncomingMessage, body: string) => Exchange,
): Server {
  return createServer((request, response) => {
    exchange(parts, begin, request, response).catch((error: unknown) => {
      parts.failed(error instanceof Error ? String(error.stack) : String(error));
      response.destroy();
    });
  });
}

async function exchange(
  parts: FaultyServerParts,
  begin: (request: IncomingMessage, body: string) => Exchange,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { operation, caller, ids, answer } = begin(request, await text(request));
  const fault = parts.faults.next(operation, caller);
  const log = (outcome: string): void => {
    parts.calls.add({ operation, at: parts.now(), caller, ids, outcome });
  };
  if (fault?.kind === 'drop-before') {
    log(fault.kind);
    response.destroy();
    return;
  }
  if (fault?.kind === 'delay') await sleep(fault.milliseconds, undefined, { ref: false });
  const reply = await answer(fault);
  if (fault?.kind === 'drop-after') {
    log(fault.kind);
    response.destroy();
    return;
  }
  log(reply.outcome);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) });
  response.end(reply.body);
}

/** Lets a server listen on a free port of this machine, and tells which. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Closes a server with all its connections. */
export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
