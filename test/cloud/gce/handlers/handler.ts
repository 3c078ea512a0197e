import { scalarText } from '../scalar.ts';
import { type Principal, requirePermission } from '../access.ts';
import type { DefinedRequest } from '../definition.ts';
import type { Operation, OperationPlan } from '../operation-engine.ts';
import type { World } from '../world.ts';

/** A request that is well formed, from somebody known. */
export interface Call extends DefinedRequest {
  readonly world: World;
  readonly principal: Principal;
}

/** Carries out a method. Gives what the answer shows; undefined for an answer without content. */
export type Handler = (call: Call) => object | undefined | Promise<object | undefined>;

/** Carries out a method that changes something: all checks, then an operation, without waiting between them. */
export type Mutation = (call: Call) => Operation;

/** A part of the path. */
export function part(call: Call, name: string): string {
  return call.path[name] ?? '';
}

/** The zone in the path. @throws GceError when there is none */
export function zoneOf(call: Call): string {
  const zone = part(call, 'zone');
  call.world.requireZone(zone);
  return zone;
}

/** @throws GceError when the caller may not do this */
export function allow(call: Call, permission: string, resource: string): void {
  requirePermission(call.principal, `compute.${permission}`, resource);
}

/** Accepts an operation in the caller's name. */
export function accept(call: Call, plan: Omit<OperationPlan, 'user'>): Operation {
  return call.world.operations.start({ ...plan, user: call.principal.email });
}

/** A text of the body. */
export function textOf(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const text = scalarText(body[name]);
  return text === '' ? undefined : text;
}

/** A number of the body, which the wire has as text. */
export function numberOf(body: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const text = textOf(body, name);
  return text === undefined ? undefined : Number(text);
}
