import { once } from 'node:events';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { dirname, basename } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * Speaks to Stowage as the engine does: JSON over its Unix socket. For what the command line cannot say, such as a
 * Create for a volume that exists.
 */
export class PluginClient {
  readonly #socket: () => string | Promise<string>;

  /** @param socket where the socket is now; it moves when the plugin is installed anew */
  constructor(socket: () => string | Promise<string>) {
    this.#socket = socket;
  }

  /** One call, e.g. `call('VolumeDriver.Create', { Name: 'db', Opts: { size: '64MiB' } })`: its answer as JSON. */
  async call(method: string, body: object = {}): Promise<Record<string, unknown>> {
    const path = await this.#socket();
    // A path through /proc may be longer than the 107 bytes that a socket address holds; a directory handle is short.
    const directory = await open(dirname(path), constants.O_DIRECTORY);
    try {
      const socketPath = `/proc/self/fd/${String(directory.fd)}/${basename(path)}`;
      const sent = request({ socketPath, method: 'POST', path: `/${method}`, agent: false, timeout: 60_000 });
      sent.on('timeout', () => sent.destroy(new Error(`${method} was not answered`)));
      sent.end(`${JSON.stringify(body)}\n`);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return JSON.parse(await text(response)) as Record<string, unknown>;
    } finally {
      await directory.close();
    }
  }

  /** The names of all volumes. */
  async volumes(): Promise<string[]> {
    const { Volumes } = await this.call('VolumeDriver.List');
    return (Volumes as { Name: string }[]).map((volume) => volume.Name);
  }
}
