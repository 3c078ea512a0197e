import { open, stat } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import type { PluginClient } from './plugin-client.ts';

/** The calls of the protocol, as Stowage's log names them. */
const CALLS = [
  'activate',
  'capabilities',
  'create',
  'get',
  'list',
  'mount',
  'path',
  'remove',
  'unmount',
] as const;

type Call = (typeof CALLS)[number];

/** How often each call came. */
export type CallCounts = Readonly<Record<Call, number>>;

interface LoggedCall {
  readonly call: Call;
  readonly volume: string;
}

const MARKER = 'end-of-what-is-counted';

/** What the engine asked of Stowage, from Stowage's own log at level debug: one line a call. */
export class CallLog {
  readonly #file: string;
  readonly #client: PluginClient;
  #markers = 0;

  /** @param file the log of dockerd, which has the lines of its plugins, or of the plain process */
  constructor(file: string, client: PluginClient) {
    this.#file = file;
    this.#client = client;
  }

  /** The calls that came while something was done; only those about one volume, if it is named. */
  async during(doing: () => Promise<unknown>, volume?: string): Promise<CallCounts> {
    // What came before may still be on its way into the log.
    await this.#callsFrom((await stat(this.#file)).size);
    const { size } = await stat(this.#file);
    await doing();
    return await this.#count(size, volume);
  }

  /** All calls that ever came. */
  async ever(): Promise<CallCounts> {
    return await this.#count(0, undefined);
  }

  async #count(start: number, volume: string | undefined): Promise<CallCounts> {
    const calls = await this.#callsFrom(start);
    const counts = Object.fromEntries(CALLS.map((call) => [call, 0])) as Record<Call, number>;
    for (const logged of calls) {
      if (volume === undefined || logged.volume === volume) counts[logged.call] += 1;
    }
    return counts;
  }

  /** The log travels through pipes; a call of our own, once seen in it, tells that all before it have arrived. */
  async #callsFrom(start: number): Promise<LoggedCall[]> {
    const marker = `${MARKER}-${String((this.#markers += 1))}`;
    await this.#client.call('VolumeDriver.Unmount', { Name: marker, ID: 'none' });
    const calls = await eventually('the log shows the latest calls', async () => {
      const logged = parseCalls(await this.#textFrom(start));
      return logged.some((call) => call.volume === marker) ? logged : undefined;
    });
    return calls.filter((call) => !call.volume.startsWith(MARKER));
  }

  async #textFrom(start: number): Promise<string> {
    const file = await open(this.#file);
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      return buffer.subarray(0, bytesRead).toString();
    } finally {
      await file.close();
    }
  }
}

function parseCalls(log: string): LoggedCall[] {
  return log.split('\n').flatMap((line) => {
    const entry = parseLine(line);
    if (entry?.['msg'] !== 'answered' && entry?.['msg'] !== 'refused') return [];
    return [{ call: entry['call'] as Call, volume: String(entry['volume']) }];
  });
}

/** A line of Stowage's own, or dockerd's `… msg="<the line, quoted>" plugin=<id>` around it. */
function parseLine(line: string): Record<string, unknown> | undefined {
  const quoted = / msg=("(?:[^"\\]|\\.)*") plugin=/.exec(line)?.[1];
  try {
    const own = quoted === undefined ? line : (JSON.parse(quoted) as string);
    return JSON.parse(own) as Record<string, unknown>;
  } catch {
    // dockerd's own words, or a line that is still being written.
    return undefined;
  }
}
