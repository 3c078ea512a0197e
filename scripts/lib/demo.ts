import { hostname } from 'node:os';
import { ensureImage } from './base-images.ts';
import { buildPlugin } from './build-plugin.ts';
import { UserDocker, type DockerClient } from './docker-client.ts';
import { startEngine } from './engine.ts';
import { commandLineOf } from './shell-words.ts';

const PLUGIN = 'stowage';
const VOLUME = 'stowage-demo';
const FIRST = 'stowage-demo-first';
const IMAGE = 'busybox:latest';
const MOUNT = ['--mount', `type=volume,volume-driver=${PLUGIN},src=${VOLUME},dst=/data`];

/** Shows the one thing that Stowage is for, one Docker command after the other. */
class Demo {
  readonly #client: DockerClient;
  readonly #pull: boolean;

  constructor(client: DockerClient, pull: boolean) {
    this.#client = client;
    this.#pull = pull;
  }

  async run(): Promise<void> {
    say('Building the plugin (some minutes the first time, seconds after that) …');
    const directory = await buildPlugin('volume');
    const foreign = (await this.#client.dockerRaw(['image', 'inspect', IMAGE])).exitCode === 0;
    await ensureImage(this.#client, IMAGE, this.#pull);
    try {
      await this.#install(directory);
      await this.#show();
      await this.#cleanUp();
    } finally {
      await this.#removeAll();
      if (!foreign) await this.#client.dockerRaw(['image', 'rm', IMAGE]);
    }
  }

  async #install(directory: string): Promise<void> {
    say('Install the plugin:');
    await this.#docker('plugin', 'create', PLUGIN, directory);
    await this.#docker('plugin', 'enable', PLUGIN);
    expect(await this.#docker('plugin', 'ls'), /stowage:latest .* true$/m, 'the plugin is enabled');
  }

  async #show(): Promise<void> {
    const sentence = `written in the first container, on ${hostname()}, at ${new Date().toISOString()}`;
    say('A container writes to a Stowage volume:');
    const script = `echo "${sentence}" > /data/note && cat /data/note`;
    const written = await this.#docker('run', '--name', FIRST, ...MOUNT, 'busybox', 'sh', '-c', script);
    expect(written, sentence, 'the container wrote its sentence');
    say('The container is destroyed; the volume stays:');
    await this.#docker('rm', '--force', FIRST);
    expect(await this.#docker('volume', 'ls'), VOLUME, 'the volume is listed');
    say('A second container finds the data:');
    const read = await this.#docker('run', '--rm', ...MOUNT, 'busybox', 'cat', '/data/note');
    if (read !== sentence) throw new Error(`The second container read ${JSON.stringify(read)}.`);
  }

  async #cleanUp(): Promise<void> {
    say('Clean up:');
    await this.#docker('volume', 'rm', VOLUME);
    await this.#docker('plugin', 'disable', PLUGIN);
    await this.#docker('plugin', 'rm', PLUGIN);
  }

  /** Whatever a failed demo has left; nothing after a good one. */
  async #removeAll(): Promise<void> {
    const leftovers = [
      ['rm', '--force', FIRST],
      ['volume', 'rm', '--force', VOLUME],
      ['plugin', 'rm', '--force', PLUGIN],
    ];
    for (const args of leftovers) await this.#client.dockerRaw(args);
  }

  /** Shows a command as one would type it, then what it prints. */
  async #docker(...args: string[]): Promise<string> {
    console.log(`  $ ${commandLineOf(['docker', ...args])}`);
    const output = await this.#client.docker(...args);
    if (output !== '') console.log(output.replaceAll(/^/gm, '    '));
    return output;
  }
}

function say(sentence: string): void {
  console.log(`\n${sentence}`);
}

function expect(output: string, wanted: string | RegExp, promise: string): void {
  const found = typeof wanted === 'string' ? output.includes(wanted) : wanted.test(output);
  if (!found) throw new Error(`It should show that ${promise}, but does not.`);
}

/** The user's own engine, unless there is none or Stowage is in use there already. */
async function isUsable(user: UserDocker): Promise<boolean> {
  if (!(await user.answers())) return false;
  return (await user.dockerRaw(['plugin', 'inspect', PLUGIN])).exitCode !== 0;
}

async function main(): Promise<void> {
  const user = new UserDocker();
  if (await isUsable(user)) {
    say('Using the Docker engine of this machine.');
    return new Demo(user, true).run();
  }
  say('Starting a Docker engine just for this (installing it first where it is missing) …');
  const engine = await startEngine({ release: process.argv[2] === '28.5' ? '28.5' : '20.10' });
  try {
    console.log(`Docker ${await engine.docker('version', '--format', '{{.Server.Version}}')} is up.`);
    await new Demo(engine, false).run();
  } finally {
    await engine.stop();
  }
}

try {
  await main();
  say('Done: the data outlived its container.');
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
