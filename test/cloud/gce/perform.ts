import { type Access, requireScope } from './access.ts';
import { readRequest } from './definition.ts';
import { GceError, invalid } from './error.ts';
import type { Call } from './handlers/handler.ts';
import { showOperation } from './handlers/show.ts';
import { MUTATIONS, READS } from './handlers/table.ts';
import type { World } from './world.ts';

/** A request as it came. */
export interface RawRequest {
  readonly verb: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * Carries out a request. Undefined: there is nothing to show.
 *
 * @throws GceError for what the cloud refuses
 */
export async function perform(world: World, access: Access, raw: RawRequest): Promise<object | undefined> {
  const principal = access.authenticate(raw.authorization);
  const request = readRequest(raw.verb, raw.url, raw.body);
  requireScope(principal, raw.verb === 'GET' || request.method.endsWith('.wait'));
  const { project, projectNumber } = world.parts;
  const asked = request.path['project'];
  if (asked !== project && asked !== projectNumber) {
    throw new GceError(404, 'notFound', `The resource 'projects/${String(asked)}' was not found`);
  }
  const call: Call = { ...request, world, principal };
  if (MUTATIONS[request.method] !== undefined) return change(call, raw);
  const read = READS[request.method];
  if (read === undefined) throw new Error(`${request.method} is defined, but not done`);
  return await read(call);
}

/** The same request ID is answered with the same operation, whatever became of it; a refused request leaves none. */
function change(call: Call, { url, body }: RawRequest): object {
  const { world, method, query } = call;
  const requestId = query['requestId'];
  if (requestId === undefined || requestId === '') return carryOut(call);
  if (!UUID.test(requestId) || requestId === NO_UUID) {
    throw invalid('requestId', requestId, 'Request ID must be a valid UUID other than zero.');
  }
  const key = `${call.principal.email} ${method} ${requestId.toLowerCase()}`;
  const asked = `${url.pathname} ${body}`;
  const before = world.requests.get(key);
  if (before === undefined)
    return carryOut(call, (operation) => world.requests.set(key, { operation, asked }));
  if (before.asked !== asked) world.note('request-id-reused', before.operation.target, `for ${asked}`);
  return showOperation(world, before.operation);
}

function carryOut(
  call: Call,
  remember?: (operation: ReturnType<NonNullable<(typeof MUTATIONS)[string]>>) => unknown,
): object {
  const mutation = MUTATIONS[call.method];
  if (mutation === undefined) throw new Error(`${call.method} changes nothing`);
  const operation = mutation(call);
  remember?.(operation);
  return showOperation(call.world, operation);
}
