import { readdir, readFile } from 'node:fs/promises';
import type { Engine } from '../../../scripts/lib/engine.ts';
import { buildPlugin } from '../../../scripts/lib/build-plugin.ts';
import { CallLog } from './call-log.ts';
import { PluginClient } from './plugin-client.ts';
import type { Driver } from './stage.ts';

/** Stowage as a managed plugin of an engine. */
export class ManagedPlugin implements Driver {
  readonly name = 'stowage';
  readonly shownAs = 'stowage:latest';
  readonly client: PluginClient;
  readonly calls: CallLog;
  readonly dataDirectory: string;
  readonly #engine: Engine;

  /** For a plugin that is there already; `installPlugin` puts one there. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.client = new PluginClient(async () =>
      engine.hostPath(`/run/docker/plugins/${await this.id()}/stowage.sock`),
    );
    this.calls = new CallLog(engine.logPath, this.client);
    this.dataDirectory = engine.hostPath('/var/lib/stowage');
  }

  /** Its ID while it is enabled; a new one after it was removed and installed again. */
  async id(): Promise<string> {
    const names = await readdir(this.#engine.hostPath('/run/docker/plugins'));
    const [id, ...others] = names.filter((name) => /^[0-9a-f]{64}$/.test(name));
    if (id === undefined || others.length > 0) throw new Error('There is not one managed plugin enabled.');
    return id;
  }

  /** Its main process, as seen from outside. */
  async pid(): Promise<number> {
    const state = this.#engine.hostPath(
      `/run/docker/runtime-runc/plugins.moby/${await this.id()}/state.json`,
    );
    const { init_process_pid } = JSON.parse(await readFile(state, 'utf8')) as { init_process_pid: number };
    return this.#engine.outerPid(init_process_pid);
  }

  /** Where the engine keeps the mounts that it shares with the plugin. */
  async propagatedMount(): Promise<string> {
    return `/var/lib/docker/plugins/${await this.id()}/propagated-mount`;
  }
}

/** What the tests want: every call in the log. */
export const LOG_EVERYTHING = 'STOWAGE_LOG_LEVEL=debug';

let built: Promise<string> | undefined;

/** The plugin's directory, the same throughout: sources that change while tests run are for the next run. */
export async function builtPlugin(): Promise<string> {
  built ??= buildPlugin('volume');
  return await built;
}

/** Builds, creates, sets up and enables Stowage, as its documentation says. */
export async function installPlugin(engine: Engine, ...settings: string[]): Promise<ManagedPlugin> {
  await engine.docker('plugin', 'create', 'stowage', await builtPlugin());
  await engine.docker('plugin', 'set', 'stowage', LOG_EVERYTHING, ...settings);
  await engine.docker('plugin', 'enable', 'stowage');
  return new ManagedPlugin(engine);
}
