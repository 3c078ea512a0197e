import assert from 'node:assert/strict';
import type { Engine } from '../../../scripts/lib/engine.ts';
import type { CallLog } from './call-log.ts';
import { EngineApi } from './engine-api.ts';
import type { PluginClient } from './plugin-client.ts';

/** What `docker volume inspect` says about one volume. */
export interface InspectedVolume {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Scope: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Status?: Readonly<Record<string, string>>;
}

/** Stowage as an engine has it: a managed plugin or a plain process. */
export interface Driver {
  /** What `--driver` is given. */
  readonly name: string;
  /** What `docker volume ls` shows. */
  readonly shownAs: string;
  readonly client: PluginClient;
  readonly calls: CallLog;
  /** Stowage's data directory, as seen from the machine. */
  readonly dataDirectory: string;
}

/** Where a scenario plays: one engine with Stowage on it. */
export class Stage<Plugin extends Driver = Driver> {
  readonly engine: Engine;
  readonly driver: Plugin;
  readonly api: EngineApi;

  constructor(engine: Engine, driver: Plugin) {
    this.engine = engine;
    this.driver = driver;
    this.api = new EngineApi(engine.socketPath);
  }

  /** The engine's own command line. @throws CommandError with Docker's message */
  async docker(...args: string[]): Promise<string> {
    return await this.engine.docker(...args);
  }

  /** A command line that must fail: what Docker says then. */
  async refusal(...args: string[]): Promise<string> {
    const result = await this.engine.dockerRaw(args);
    assert.notEqual(result.exitCode, 0, `docker ${args.join(' ')} succeeded:\n${result.stdout}`);
    return result.stderr.trim();
  }

  /** `docker volume create` on Stowage. */
  async create(volume: string, ...options: string[]): Promise<void> {
    const given = options.flatMap((option) => ['--opt', option]);
    await this.docker('volume', 'create', '--driver', this.driver.name, ...given, volume);
  }

  /** A `--mount` value that shows a Stowage volume on /data. */
  mount(volume: string, ...more: string[]): string {
    return ['type=volume', `volume-driver=${this.driver.name}`, `src=${volume}`, 'dst=/data', ...more].join(
      ',',
    );
  }

  /** Runs a script to its end in a container that has the volume on /data, and gives what it printed. */
  async run(volume: string, script: string): Promise<string> {
    return await this.docker(
      'run',
      ...ALONE,
      '--rm',
      '--mount',
      this.mount(volume),
      'busybox',
      'sh',
      '-c',
      script,
    );
  }

  /** Starts a container that has the volume on /data. */
  async start(container: string, volume: string, script = SLEEP, ...flags: string[]): Promise<void> {
    const about = ['--name', container, ...ALONE, '--mount', this.mount(volume), ...flags];
    await this.docker('run', '-d', ...about, 'busybox', 'sh', '-c', script);
  }

  /** What `docker volume inspect` shows. */
  async inspect(volume: string): Promise<InspectedVolume> {
    const [inspected] = JSON.parse(await this.docker('volume', 'inspect', volume)) as InspectedVolume[];
    assert.ok(inspected !== undefined);
    return inspected;
  }

  /** One line of the Status that `docker volume inspect` shows, by the API, as it is asked for so often. */
  async status(volume: string, key: string): Promise<string | undefined> {
    const inspected = (await this.api.ask('GET', `/volumes/${volume}`)) as InspectedVolume;
    return inspected.Status?.[key];
  }
}

/** A network would only cost time. */
export const ALONE = ['--network', 'none'];

/** Does nothing, and ends at once when asked to. */
export const SLEEP = 'trap "exit 0" TERM; sleep 100000 & wait';
