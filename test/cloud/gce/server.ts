import type { Server } from 'node:http';
import type { CallLog } from '../shared/call-log.ts';
import type { Fault, Faults } from '../shared/faults.ts';
import { createFaultyServer, type Reply } from '../shared/faulty-server.ts';
import type { Access } from './access.ts';
import { methodOf } from './definition.ts';
import { errorBody, GceError } from './error.ts';
import { perform, type RawRequest } from './perform.ts';
import type { World } from './world.ts';

/** What the server is made of. */
export interface ServerParts {
  readonly world: World;
  readonly access: Access;
  readonly faults: Faults;
  readonly calls: CallLog;
}

/** An HTTP server, not listening yet, that speaks Compute Engine's REST. */
export function createGceServer(parts: ServerParts): Server {
  const { world, access, faults, calls } = parts;
  const failed = (detail: string): void => world.note('stand-in-failed', '', detail);
  return createFaultyServer({ faults, calls, failed, now: () => world.now }, (request, body) => {
    const raw = {
      verb: request.method ?? '',
      url: new URL(request.url ?? '', 'http://127.0.0.1'),
      authorization: request.headers.authorization,
      body,
    };
    return {
      operation: methodOf(raw.verb, raw.url)?.name ?? 'unknown',
      caller: access.claimant(raw.authorization)?.caller ?? 'nobody',
      ids: 1,
      answer: async (fault) => await replyTo(parts, raw, fault),
    };
  });
}

async function replyTo(parts: ServerParts, raw: RawRequest, fault: Fault | undefined): Promise<Reply> {
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  try {
    if (fault !== undefined) throwIfRefused(parts.world, fault);
    const answer = await perform(parts.world, parts.access, raw);
    if (answer === undefined) return { status: 204, headers, body: '', outcome: 'ok' };
    return { status: 200, headers, body: JSON.stringify(answer), outcome: 'ok' };
  } catch (error) {
    if (!(error instanceof GceError)) throw error;
    return { status: error.status, headers, body: JSON.stringify(errorBody(error)), outcome: error.reason };
  }
}

function throwIfRefused({ parts }: World, fault: Fault): void {
  switch (fault.kind) {
    case 'throttle': {
      const words = `Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'compute.googleapis.com' for consumer 'project_number:${parts.projectNumber}'.`;
      throw new GceError(parts.throttleStatus, 'rateLimitExceeded', words);
    }
    case 'server-error': {
      const status = fault.status ?? 503;
      const reason = status === 500 ? 'internalError' : 'backendError';
      throw new GceError(status, reason, 'Internal error. Please try again or contact Google Support.');
    }
    case 'error':
      throw new GceError(fault.status, fault.code, fault.message ?? `${fault.code} was asked for`);
    case 'drop-before':
    case 'drop-after':
    case 'delay':
  }
}
