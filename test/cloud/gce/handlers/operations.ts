import { GceError, notFound } from '../error.ts';
import type { Operation } from '../operation-engine.ts';
import { pageOf } from '../paging.ts';
import { allow, type Call, part, zoneOf } from './handler.ts';
import { showOperation } from './show.ts';

/** zoneOperations.get and globalOperations.get */
export function getOperation(call: Call): object {
  return showOperation(call.world, find(call, 'get'));
}

/** zoneOperations.wait and globalOperations.wait */
export async function waitForOperation(call: Call): Promise<object> {
  const operation = find(call, 'get');
  await call.world.operations.wait(operation);
  return showOperation(call.world, operation);
}

/** zoneOperations.delete: forgets one that is done. */
export function deleteOperation(call: Call): undefined {
  const operation = find(call, 'delete');
  if (operation.status !== 'DONE') {
    throw new GceError(400, 'operationInProgress', `The operation '${operation.name}' is in progress`);
  }
  call.world.operations.forget(operation);
}

/** zoneOperations.list */
export function listOperations(call: Call): object {
  const { world, query } = call;
  const zone = zoneOf(call);
  allow(call, 'zoneOperations.list', `projects/${world.parts.project}`);
  const here = world.operations.list().filter((operation) => operation.zone === zone);
  const all = here.map((operation) => showOperation(world, operation) as { readonly name: string });
  return { kind: 'compute#operationList', ...pageOf(all, query, ({ name }) => name) };
}

function find(call: Call, permission: 'get' | 'delete'): Operation {
  const zone = call.path['zone'] === undefined ? undefined : zoneOf(call);
  const name = part(call, 'operation');
  const place = zone === undefined ? 'global' : `zones/${zone}`;
  const link = `projects/${call.world.parts.project}/${place}/operations/${name}`;
  allow(call, `${zone === undefined ? 'global' : 'zone'}Operations.${permission}`, link);
  const operation = call.world.operations.find(name, zone);
  if (operation === undefined) throw notFound(link);
  return operation;
}
