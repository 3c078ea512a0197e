import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { namesIn } from '../support/use-stowage.ts';
import { Clients, nameOf, NAMES } from './clients.ts';
import { CLIENTS, type Command, describeCommand } from './commands.ts';
import { Program } from './program.ts';
import { OK, Recorder } from './recorder.ts';
import * as model from './volume-model.ts';

/** What an episode did. */
export interface Tally {
  calls: number;
  kills: number;
  vanished: number;
}

/** Plays the commands on a program of its own and holds what was heard against the model. Throws what does not fit. */
export async function playEpisode(commands: readonly Command[], tally: Tally): Promise<void> {
  const program = await Program.start();
  const episode = new Episode(program, tally);
  try {
    await episode.play(commands);
  } finally {
    episode.release();
    await program.close();
  }
}

class Episode {
  readonly #program: Program;
  readonly #tally: Tally;
  readonly #recorder: Recorder;
  readonly #clients: Clients;
  /** What each client is busy with. */
  readonly #busy: Promise<void>[] = Array.from({ length: CLIENTS }, () => Promise.resolve());
  #settling: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(program: Program, tally: Tally) {
    this.#program = program;
    this.#tally = tally;
    this.#recorder = new Recorder(program, NAMES);
    this.#clients = new Clients(program, this.#recorder);
  }

  async play(commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      if (this.#failure !== undefined) break;
      await this.#begin(command);
    }
    await this.#rest();
    await this.#leaveNothing(await this.#giveClaimsBack());
  }

  /** Closes what the clients hold open. */
  release(): void {
    for (const name of NAMES) this.#clients.forget(name);
  }

  async #begin(command: Command): Promise<void> {
    switch (command.do) {
      case 'kill':
        await sleep(command.after);
        return await this.#kill();
      case 'rest':
        return await this.#rest();
      case 'vanish':
        return await this.#vanish(nameOf(command.volume));
      case 'engine-restart':
        return await this.#changeEngine();
      default:
        await this.#busy[command.client];
        this.#tally.calls += 1;
        this.#busy[command.client] = this.#clients.act(command).catch((failure: unknown) => {
          this.#failure ??= new Error(`${describeCommand(command)} failed`, { cause: failure });
        });
    }
  }

  /** Not beside calls, so that it is known which claims were made before. */
  async #changeEngine(): Promise<void> {
    await Promise.all(this.#busy);
    const from = this.#recorder.now();
    await (await this.#program.engine()).activate();
    for (const name of NAMES) this.#recorder.addDone(name, 'another engine', from, model.engineChange, OK);
    this.#clients.engineChanged();
  }

  async #kill(): Promise<void> {
    this.#tally.kills += 1;
    const from = this.#recorder.now();
    await this.#program.killAndStart(() => {
      for (const name of NAMES) this.#recorder.addDone(name, 'killed', from, model.engineChange, OK);
      this.#clients.engineChanged();
    });
    this.#settling = this.#settle();
  }

  /** What the recovery still finishes is done when a call to the same volume has had its turn after it. */
  async #settle(): Promise<void> {
    const lives = this.#program.lives;
    const recoveries = NAMES.map((name) => this.#recorder.open(name, 'recovered', model.recover));
    const waiting = [...this.#recorder.cutOff, ...recoveries];
    const engine = await this.#program.engine();
    try {
      await Promise.all(NAMES.map(async (name) => await engine.unmount(name, 'nobody')));
    } catch (failure) {
      this.#recorder.checkCutOff(lives, failure);
      // That life is over, and its recovery with it, as far as it came.
      for (const event of recoveries) event.to = Math.min(event.to, this.#recorder.now());
      return;
    }
    for (const event of waiting) event.to = Math.min(event.to, this.#recorder.now());
    for (const event of recoveries) event.optional = false;
  }

  async #vanish(name: string): Promise<void> {
    await this.#clients.alone(name, async () => {
      const from = this.#recorder.now();
      if (!(await this.#program.takeMountOff(name))) return;
      this.#tally.vanished += 1;
      this.#recorder.addDone(name, 'mount taken off', from, model.vanish, OK);
      this.#clients.forget(name);
    });
  }

  /** Waits until nothing is under way, and looks. */
  async #rest(): Promise<void> {
    await Promise.all(this.#busy);
    await this.#settling;
    if (this.#failure !== undefined) throw this.#failure;
    const engine = await this.#program.engine();
    await Promise.all(NAMES.map(async (name) => await engine.unmount(name, 'nobody')));
    const mounted = this.#program.mounted();
    assert.deepEqual(
      mounted.filter((name) => !NAMES.includes(name)),
      [],
      'there are mounts of no volume',
    );
    for (const name of NAMES) {
      const shown = mounted.filter((found) => found === name).length;
      assert.ok(shown <= 1, `${name} is mounted ${String(shown)} times`);
      this.#recorder.addDone(
        name,
        `is ${shown === 0 ? 'not ' : ''}mounted`,
        this.#recorder.now(),
        model.observe(shown === 1),
        OK,
      );
      await this.#clients.act({ do: 'get', client: 0, volume: NAMES.indexOf(name) });
    }
  }

  /**
   * Unmounts whatever is claimed. More than one count can explain what was heard (a claim from before a kill may have been
   * dropped or not), so what remains mounted after that is explained anew, and contradicts a count that leaked.
   */
  async #giveClaimsBack(): Promise<ReadonlyMap<string, model.VolumeState>> {
    this.release();
    for (;;) {
      const ends = this.#recorder.explainAll();
      const claims = [...ends].flatMap(([name, state]) =>
        Object.entries(state.claims).flatMap(([id, count]) =>
          Array.from({ length: count }, () => ({ name, id })),
        ),
      );
      if (claims.length === 0) return ends;
      for (const { name, id } of claims) await this.#clients.unmount(name, id);
      await this.#rest();
    }
  }

  /** Removes everything; then nothing may be left. */
  async #leaveNothing(ends: ReadonlyMap<string, model.VolumeState>): Promise<void> {
    const engine = await this.#program.engine();
    for (const [name, { life }] of ends) {
      if (life !== 'absent') await engine.create(name, { reclaimPolicy: 'delete' });
      await engine.remove(name);
    }
    const { stowage } = this.#program;
    await eventually(async () => {
      assert.deepEqual(await engine.list(), [], 'volumes are left');
      assert.deepEqual(stowage.mounts(), [], 'mounts are left');
      assert.deepEqual(stowage.loops(), [], 'loop devices are left');
      for (const place of ['volumes', 'staging', 'trash'])
        assert.deepEqual(namesIn(join(stowage.dataDirectory, place)), [], `${place} is not empty`);
      assert.deepEqual(namesIn(stowage.see(stowage.mountsDirectory)), [], 'mount points are left');
    }, 10_000);
  }
}
