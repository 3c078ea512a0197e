import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { CallLog } from '../shared/call-log.ts';
import type { Fault, Faults } from '../shared/faults.ts';
import { createFaultyServer, type Reply } from '../shared/faulty-server.ts';
import type { Access, Principal } from './access.ts';
import { decodeInput } from './definition.ts';
import { Ec2Error, refusal } from './error.ts';
import { type QueryRequest, readForm } from './form.ts';
import { prepare } from './operations/table.ts';
import { readClaim, type SignedRequest } from './signature.ts';
import type { World } from './world.ts';
import { answerXml, errorXml, type XmlValue } from './xml.ts';

/** What the server is made of. */
export interface ServerParts {
  readonly world: World;
  readonly access: Access;
  readonly faults: Faults;
  readonly calls: CallLog;
}

const VERSION = '2016-11-15';

/** An HTTP server, not listening yet, that speaks EC2's query protocol. */
export function createEc2Server(parts: ServerParts): Server {
  const { world, faults, calls } = parts;
  const failed = (detail: string): void => world.note('stand-in-failed', '', detail);
  return createFaultyServer({ faults, calls, failed, now: () => world.now }, (request, body) => {
    const { method = '', url: path = '', headers } = request;
    const signed = { method, path, headers, body };
    const query = readForm(body);
    return {
      operation: query.action,
      caller: callerOf(signed),
      ids: idsIn(query),
      answer: async (fault) => await replyTo(parts, signed, query, fault),
    };
  });
}

async function replyTo(
  parts: ServerParts,
  signed: SignedRequest,
  query: QueryRequest,
  fault: Fault | undefined,
): Promise<Reply> {
  const requestId = randomUUID();
  const headers = { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId };
  try {
    if (fault !== undefined) throwIfRefused(fault);
    const answer = await perform(parts, signed, query);
    return { status: 200, headers, body: answerXml(query.action, requestId, answer), outcome: 'ok' };
  } catch (error) {
    if (!(error instanceof Ec2Error)) throw error;
    const body = errorXml(requestId, error.code, error.message);
    return { status: error.status, headers, body, outcome: error.code };
  }
}

async function perform(parts: ServerParts, signed: SignedRequest, query: QueryRequest): Promise<XmlValue> {
  const principal = parts.access.authenticate(signed);
  if (signed.method !== 'POST' || signed.path !== '/')
    throw refusal('InvalidRequest', 'Only POST / is spoken.');
  if (query.version !== VERSION) {
    const words = `The action ${query.action} is not valid for the version ${query.version}.`;
    throw refusal('InvalidAction', words);
  }
  const input = decodeInput(query.action, query.parameters);
  authorize(parts.access, principal, query);
  const carryOut = prepare(parts.world, query.action, input);
  if ((input as { DryRun?: boolean }).DryRun === true) {
    throw new Ec2Error(412, 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  }
  return await carryOut();
}

/** Tags set by a creating call need their own permission. */
function authorize(access: Access, principal: Principal, { action, parameters }: QueryRequest): void {
  access.authorize(principal, action);
  if (action.startsWith('Create') && parameters.parts.has('TagSpecification'))
    access.authorize(principal, 'CreateTags');
}

function throwIfRefused(fault: Fault): void {
  switch (fault.kind) {
    case 'throttle':
      throw new Ec2Error(503, 'RequestLimitExceeded', 'Request limit exceeded.');
    case 'server-error': {
      const status = fault.status ?? 500;
      const code = status === 500 ? 'InternalError' : 'Unavailable';
      throw new Ec2Error(status, code, 'An internal error has occurred');
    }
    case 'error':
      throw new Ec2Error(fault.status, fault.code, fault.message ?? `${fault.code} was asked for`);
    case 'drop-before':
    case 'drop-after':
    case 'delay':
  }
}

/** Whoever the request claims to be from: faults and counts come before proof. */
function callerOf(signed: SignedRequest): string {
  try {
    return readClaim(signed).accessKeyId;
  } catch {
    return 'nobody';
  }
}

/** How many things a request names: the batch that it asks for. */
function idsIn({ parameters }: QueryRequest): number {
  let count = 0;
  for (const [name, part] of parameters.parts) {
    if (/^(Volume|Instance|Snapshot|Resource)Id$/.test(name))
      count += part.value === undefined ? part.parts.size : 1;
  }
  return count;
}
