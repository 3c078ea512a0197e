import { CLIENTS, type Command, VOLUMES } from './commands.ts';
import { Containers } from './containers.ts';
import type { Program } from './program.ts';
import { OK, type Recorder } from './recorder.ts';
import { SharedLock } from './volume-lock.ts';
import * as model from './volume-model.ts';

type Of<Verb extends Command['do']> = Extract<Command, { readonly do: Verb }>;

/** What a client does, as against what befalls the program. */
export type ClientCommand = Exclude<Command, Of<'kill' | 'rest' | 'vanish' | 'engine-restart'>>;

/** The volumes' names. */
export const NAMES = Array.from({ length: VOLUMES }, (_, index) => `vol${String(index)}`);

/** Calls of the clients, and what their containers do with mounted volumes. */
export class Clients {
  readonly #program: Program;
  readonly #recorder: Recorder;
  readonly #locks = new Map(NAMES.map((name) => [name, new SharedLock()]));
  readonly #clients = Array.from({ length: CLIENTS }, (_, index) => new Containers(`c${String(index)}`));
  #writes = 0;

  constructor(program: Program, recorder: Recorder) {
    this.#program = program;
    this.#recorder = recorder;
  }

  /** Runs while no client is mounting the volume or using its data. */
  async alone(name: string, work: () => Promise<void>): Promise<void> {
    await this.#locks.get(name)?.alone(work);
  }

  /** Another engine, or another life of the program. */
  engineChanged(): void {
    for (const client of this.#clients) client.engineChanged();
  }

  /** The containers of all clients that used the volume are gone. */
  forget(name: string): void {
    for (const client of this.#clients) client.forget(name);
  }

  /** Does it and writes down what came of it. */
  async act(command: ClientCommand): Promise<void> {
    const client = `c${String(command.client)}`;
    const name = nameOf(command.volume);
    switch (command.do) {
      case 'create':
        return await this.#shared(name, async () => {
          const { options } = command;
          await this.#recorder.ask(
            name,
            `${client} create ${JSON.stringify(options)}`,
            model.create(options),
            async (engine) => {
              await engine.create(name, options);
              return OK;
            },
          );
        });
      case 'clone':
        return await this.#clone(client, name, command);
      case 'mount':
        return await this.#mount(command.client, name, `${client}-${String(command.id)}`);
      case 'unmount':
        return await this.#giveBack(command.client, name, `${client}-${String(command.id)}`);
      case 'unmount-unknown':
        return await this.#giveBack(command.client, name, `${client}-unknown`);
      case 'remove':
        return await this.#recorder.ask(name, `${client} remove`, model.remove, async (engine) => {
          await engine.remove(name);
          return OK;
        });
      case 'list':
        return await this.#list(client);
      case 'get':
      case 'path':
        return await this.#look(client, name, command.do);
      case 'write':
      case 'read':
        return await this.#useData(command.client, name, command.do);
    }
  }

  async #clone(client: string, name: string, { volume, from }: Of<'clone'>): Promise<void> {
    const source = nameOf(from === volume ? (from + 1) % VOLUMES : from);
    await this.#shared(name, async () => {
      await this.#recorder.ask(
        name,
        `${client} create from=${source}`,
        model.clone(source),
        async (engine) => {
          await engine.create(name, { from: source });
          return OK;
        },
      );
    });
  }

  async #mount(client: number, name: string, id: string): Promise<void> {
    await this.#shared(name, async () => {
      await this.#recorder.ask(name, `mount ${id}`, model.mount(id), async (engine) => {
        await engine.mount(name, id);
        this.#clients[client]?.mounted(name, id, this.#program.place(name));
        return OK;
      });
    });
  }

  async #giveBack(client: number, name: string, id: string): Promise<void> {
    this.#clients[client]?.unmounting(name, id);
    await this.unmount(name, id);
  }

  /** For a claim whose containers are gone. */
  async unmount(name: string, id: string): Promise<void> {
    await this.#recorder.ask(name, `unmount ${id}`, model.unmount(id), async (engine) => {
      await engine.unmount(name, id);
      return OK;
    });
  }

  async #look(client: string, name: string, verb: 'get' | 'path'): Promise<void> {
    await this.#recorder.ask(name, `${client} ${verb}`, model.look, async (engine) => {
      if (verb === 'path') return { kind: 'ok', mountPoint: (await engine.path(name)) !== '' };
      const { Mountpoint, Status } = await engine.get(name);
      return { kind: 'ok', mountPoint: Mountpoint !== undefined, mountIds: Number(Status?.['mountIds']) };
    });
  }

  /** One call that looks at every volume. */
  async #list(client: string): Promise<void> {
    const from = this.#recorder.now();
    const lives = this.#program.lives;
    const engine = await this.#program.engine();
    let shown;
    try {
      shown = await engine.list();
    } catch (failure) {
      this.#recorder.checkCutOff(lives, failure);
      return;
    }
    const to = this.#recorder.now();
    for (const name of NAMES) {
      const found = shown.find(({ Name }) => Name === name);
      const heard: model.Heard =
        found === undefined
          ? { kind: 'refused', code: 'E_VOLUME_NOT_FOUND' }
          : { kind: 'ok', mountPoint: found.Mountpoint !== undefined };
      this.#recorder.add(
        name,
        { text: `${client} list`, from, to, optional: false, apply: (state) => model.look(state, heard) },
        heard,
      );
    }
  }

  async #useData(client: number, name: string, verb: 'write' | 'read'): Promise<void> {
    const containers = this.#clients[client];
    await this.#shared(name, async () => {
      if (containers?.holds(name) !== true) return;
      const from = this.#recorder.now();
      const id = `c${String(client)}`;
      if (verb === 'write') {
        this.#writes += 1;
        const text = `${name} ${id} ${String(this.#writes)}`;
        await containers.write(name, text);
        this.#recorder.addDone(name, `${id} write ${JSON.stringify(text)}`, from, model.write(id, text), OK);
      } else {
        const content = await containers.read(name);
        this.#recorder.addDone(name, `${id} read`, from, model.read(id), { kind: 'ok', content });
      }
    });
  }

  async #shared(name: string, work: () => Promise<void>): Promise<void> {
    await this.#locks.get(name)?.shared(work);
  }
}

/** The name of a volume's number. */
export function nameOf(index: number): string {
  return NAMES[index] ?? '';
}
