import type * as z from 'zod';
import type { Call } from '../core/call.ts';
import { clip, StowageError } from '../core/errors.ts';
import type { VolumeService, VolumeView } from '../core/volume-service.ts';
import { createRequest, emptyRequest, mountRequest, namedRequest } from './volume-schemas.ts';

/** One call of the protocol as data: how it is decoded and which verb it is. */
export interface Endpoint {
  readonly path: string;
  /** Docker's verb, for errors and the log. */
  readonly operation: string;
  /** False when the call means something even without a body. */
  readonly needsBody: boolean;
  /**
   * True when the engine takes any error for "no such volume" and forgets labels and options (protocol.md, section 2,
   * "DANGEROUS"): then an answer that is not certain must be no answer.
   */
  readonly errorMeansAbsent: boolean;
  /** What the call is about, once it was decoded. */
  subject(body: unknown): string;
  /** Decodes, calls, encodes. Text is JSON already. */
  handle(body: unknown, call: Call): Promise<object | string>;
}

interface Definition<Schema extends z.ZodType> {
  readonly path: string;
  readonly schema: Schema;
  readonly needsBody?: boolean;
  readonly errorMeansAbsent?: boolean;
  handle(request: z.output<Schema>, call: Call): Promise<object | string> | object;
}

/** Turns a typed definition into an endpoint. */
export function endpoint<Schema extends z.ZodType>(definition: Definition<Schema>): Endpoint {
  return {
    path: definition.path,
    operation: definition.path.slice(definition.path.indexOf('.') + 1).toLowerCase(),
    needsBody: definition.needsBody ?? true,
    errorMeansAbsent: definition.errorMeansAbsent ?? false,
    subject: subjectOf,
    async handle(body, call) {
      const parsed = definition.schema.safeParse(body);
      if (!parsed.success) throw new StowageError('E_INVALID_REQUEST', describeIssue(parsed.error));
      return await definition.handle(parsed.data, call);
    },
  };
}

function subjectOf(body: unknown): string {
  const name: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'Name') : undefined;
  return typeof name === 'string' ? name : '';
}

function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const place =
    issue === undefined || issue.path.length === 0 ? 'the body' : clip(issue.path.map(String).join('.'), 60);
  return `${place}: ${issue?.message ?? 'not understood'}`;
}

/** The eight calls of `docker.volumedriver/1.0` (protocol.md, section 2, "Endpoints"). */
export function volumeEndpoints(service: VolumeService): Endpoint[] {
  return [...askingEndpoints(service), ...changingEndpoints(service)];
}

function askingEndpoints(service: VolumeService): Endpoint[] {
  return [
    endpoint({
      path: '/VolumeDriver.Capabilities',
      schema: emptyRequest,
      needsBody: false,
      handle: () => ({ Capabilities: { Scope: service.capabilities().scope } }),
    }),
    endpoint({
      path: '/VolumeDriver.Get',
      schema: namedRequest,
      errorMeansAbsent: true,
      handle: async ({ Name }, call) => ({ Volume: encodeVolume(await service.get(Name, call)) }),
    }),
    endpoint({
      path: '/VolumeDriver.List',
      schema: emptyRequest,
      needsBody: false,
      handle: async (_request, call) =>
        `{"Volumes":[${(await service.list(call)).map(listEntry).join(',')}]}`,
    }),
    endpoint({
      path: '/VolumeDriver.Path',
      schema: namedRequest,
      errorMeansAbsent: true,
      handle: async ({ Name }, call) => ({ Mountpoint: (await service.path(Name, call)) ?? '' }),
    }),
  ];
}

function changingEndpoints(service: VolumeService): Endpoint[] {
  return [
    endpoint({
      path: '/VolumeDriver.Create',
      schema: createRequest,
      handle: async ({ Name, Opts }, call) => done(await service.create(Name, Opts, call)),
    }),
    endpoint({
      path: '/VolumeDriver.Remove',
      schema: namedRequest,
      handle: async ({ Name }, call) => done(await service.remove(Name, call)),
    }),
    endpoint({
      path: '/VolumeDriver.Mount',
      schema: mountRequest,
      handle: async ({ Name, ID }, call) => ({ Mountpoint: await service.mount(Name, ID, call) }),
    }),
    endpoint({
      path: '/VolumeDriver.Unmount',
      schema: mountRequest,
      handle: async ({ Name, ID }, call) => done(await service.unmount(Name, ID, call)),
    }),
  ];
}

/** The answer of calls that only succeed or fail. */
function done(_nothing: void): object {
  return {};
}

const listEntries = new WeakMap<VolumeView, string>();

/** The JSON of one volume in a List: encoding ten thousand anew for each List is what a List would cost most. */
function listEntry(view: VolumeView): string {
  const entry = listEntries.get(view) ?? JSON.stringify(encodeVolume(view));
  listEntries.set(view, entry);
  return entry;
}

/** `CreatedAt` has to be RFC 3339 or absent: an empty one makes the whole answer undecodable (protocol.md, section 2). */
function encodeVolume(view: VolumeView): object {
  return {
    Name: view.name,
    Mountpoint: view.mountPoint,
    CreatedAt: view.createdAt.toISOString(),
    Status: view.status,
  };
}
