import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundledProgram } from '../support/bundled-program.ts';
import { EngineClient } from '../support/engine-client.ts';
import { makeFastRoot } from '../support/fast-root.ts';
import { Stowage } from '../support/stowage.ts';

/** The real program, as many lives as it takes. */
export class Program {
  readonly stowage: Stowage;
  #engine: EngineClient;
  #lives = 0;
  #up: Promise<void> = Promise.resolve();

  private constructor(stowage: Stowage) {
    this.stowage = stowage;
    this.#engine = new EngineClient(stowage.socket);
  }

  static async start(): Promise<Program> {
    const stowage = await Stowage.prepare({
      root: makeFastRoot(),
      environment: { STOWAGE_LOG_LEVEL: 'warn' },
      commandLine: [process.execPath, await bundledProgram(), 'volume'],
    });
    const program = new Program(stowage);
    await program.#begin();
    return program;
  }

  /** How many times it has been killed. */
  get lives(): number {
    return this.#lives;
  }

  /** The client of the present life, once there is one. */
  async engine(): Promise<EngineClient> {
    await this.#up;
    return this.#engine;
  }

  /** Kills it and starts it again; `dead` is called in between. */
  async killAndStart(dead: () => void): Promise<void> {
    this.#lives += 1;
    this.#up = this.#restart(dead);
    await this.#up;
  }

  /** Names of the mounted volumes. */
  mounted(): string[] {
    const prefix = `${this.stowage.mountsDirectory}/`;
    const targets = this.stowage.mounts().map(({ target }) => target);
    return targets.map((target) => (target.startsWith(prefix) ? target.slice(prefix.length) : target));
  }

  /** The volume's mount point as this process reaches it. */
  place(volume: string): string {
    return this.stowage.see(join(this.stowage.mountsDirectory, volume));
  }

  /** Takes the mount off behind the program's back. False when there was none. */
  async takeMountOff(volume: string): Promise<boolean> {
    try {
      await this.stowage.namespace.run('umount', '-l', join(this.stowage.mountsDirectory, volume));
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.#engine.close();
    await this.stowage.close();
    rmSync(this.stowage.root, { recursive: true, force: true });
  }

  async #restart(dead: () => void): Promise<void> {
    await this.stowage.kill9();
    dead();
    await this.#begin();
  }

  async #begin(): Promise<void> {
    this.#engine.close();
    // Connections of the life before would break under the first call of this one.
    this.#engine = new EngineClient(this.stowage.socket);
    await this.stowage.start();
  }
}
