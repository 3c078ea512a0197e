import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../plugin/core/ports/host.ts';
import { isAbsent, translate } from './errors.ts';
import { ended, operationSchema, type Operation } from './operations.ts';
import { repeated } from './retries.ts';

/** What every call that changes something has; with the same request ID twice is once. */
export interface Change {
  readonly project: string;
  readonly requestId: string;
}

/** Clients of a project. */
interface ProjectClients {
  readonly project: string;
  /** Before every call: tokens end. */
  authorize(): Promise<void>;
}

/** What a `Caller` is made of. */
export interface CallerParts<Clients extends ProjectClients> {
  readonly clock: Clock;
  open(): Promise<Clients>;
  close(clients: Clients): Promise<void>;
  /** Asks once for an operation, and is answered when it is over or some time has gone by. */
  wait(clients: Clients, operation: Operation): Promise<unknown>;
}

/** Makes calls of the SDK: opens it for the first, repeats what was not answered, follows operations. */
export class Caller<Clients extends ProjectClients> {
  readonly #parts: CallerParts<Clients>;
  #opened: Promise<Clients> | undefined;

  constructor(parts: CallerParts<Clients>) {
    this.#parts = parts;
  }

  /** What the call gives. `method` is its name in errors, e.g. `disks.list`. */
  async call<Result>(method: string, call: (clients: Clients) => Promise<Result>): Promise<Result> {
    return await repeated(this.#parts.clock, async () => {
      try {
        const clients = await this.#clients();
        await clients.authorize();
        return await call(clients);
      } catch (thrown) {
        throw translate(thrown, method);
      }
    });
  }

  /** Likewise; undefined when GCE knows no such thing. */
  async find<Found>(
    method: string,
    call: (clients: Clients) => Promise<readonly [Found, ...unknown[]]>,
  ): Promise<Found | undefined> {
    try {
      const [found] = await this.call(method, call);
      return found;
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw thrown;
    }
  }

  /** True when GCE has done what was asked, false when it is still at it after the limit. */
  async change(
    method: string,
    limitMs: number,
    call: (
      clients: Clients,
      change: Change,
    ) => Promise<readonly [{ readonly latestResponse: unknown }, ...unknown[]]>,
  ): Promise<boolean> {
    const requestId = randomUUID();
    const [{ latestResponse }] = await this.call(
      method,
      async (clients) => await call(clients, { project: clients.project, requestId }),
    );
    return await ended(operationSchema.parse(latestResponse), {
      method,
      limitMs,
      clock: this.#parts.clock,
      ask: async (operation) => await this.#ask(operation),
    });
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    const clients = await opened?.catch(() => undefined);
    if (clients !== undefined) await this.#parts.close(clients);
  }

  async #ask(operation: Operation): Promise<Operation> {
    const method = operation.zone === undefined ? 'globalOperations.wait' : 'zoneOperations.wait';
    const answer = await this.call(method, async (clients) => await this.#parts.wait(clients, operation));
    return operationSchema.parse(answer);
  }

  async #clients(): Promise<Clients> {
    const opened = (this.#opened ??= this.#parts.open());
    try {
      return await opened;
    } catch (thrown) {
      // A setting may be mended, and a metadata server may answer the next time.
      if (this.#opened === opened) this.#opened = undefined;
      throw thrown;
    }
  }
}
