import assert from 'node:assert/strict';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal, type EngineClient } from '../support/engine-client.ts';
import { eventually } from '../support/eventually.ts';
import { namesIn } from '../support/use-stowage.ts';
import { TracedStowage } from './traced-stowage.ts';

/** Stowage, and what an engine, containers and the kernel know about its volumes. */
export class World {
  readonly traced: TracedStowage;
  /** The volume under test; another one for each attempt. */
  volume = 'v0';
  /** True when the call under test was answered before the program died. */
  answered = false;
  /** True once the program died and was started again in this attempt. */
  restarted = false;
  #attempt = 0;

  constructor(traced: TracedStowage) {
    this.traced = traced;
  }

  get engine(): EngineClient {
    return this.traced.stowage.engine;
  }

  /** A volume beside the one under test, by the part it plays. */
  other(part: string): string {
    return `${this.volume}-${part}`;
  }

  nextAttempt(): void {
    this.#attempt += 1;
    this.volume = `v${String(this.#attempt)}`;
    this.answered = false;
    this.restarted = false;
  }

  /** Starts the program after its death and waits until its socket answers and it has recovered. */
  async start(order?: string): Promise<void> {
    this.traced.launch(order);
    await eventually(async () => await this.engine.unmount('nobody', 'nobody'), 60_000);
  }

  /** A container writes a file and syncs it. */
  write(volume: string, text: string): void {
    const file = openSync(join(this.#place(volume), 'data.txt'), 'w');
    writeSync(file, text);
    fsyncSync(file);
    closeSync(file);
  }

  /** What a container reads. */
  read(volume: string): string {
    return readFileSync(join(this.#place(volume), 'data.txt'), 'utf8');
  }

  /** Bytes that a container's `df` shows. */
  sizeOf(volume: string): number {
    const { blocks, bsize } = statfsSync(this.#place(volume));
    return blocks * bsize;
  }

  /** Makes a volume with data in it, not mounted. */
  async fill(volume: string, options: Readonly<Record<string, string>>, text = volume): Promise<void> {
    await this.engine.create(volume, options);
    await this.use(volume, () => this.write(volume, text));
  }

  /** A container's whole life. */
  async use(volume: string, work: () => void): Promise<void> {
    await this.engine.mount(volume, 'passing');
    work();
    await this.engine.unmount(volume, 'passing');
  }

  /** Asserts that a container finds the data. */
  async assertData(volume: string, text = volume): Promise<void> {
    await this.use(volume, () => assert.equal(this.read(volume), text));
  }

  async exists(volume: string): Promise<boolean> {
    try {
      await this.engine.get(volume);
      return true;
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.code === 'E_VOLUME_NOT_FOUND') return false;
      throw thrown;
    }
  }

  async mountIds(volume: string): Promise<number> {
    return Number((await this.engine.status(volume))['mountIds']);
  }

  /** True when the kernel shows the volume's mount. */
  isMounted(volume: string): boolean {
    return this.#mounted().includes(volume);
  }

  /** True when something of the volume is there: its directory, or its disk. */
  async hasHome(volume: string): Promise<boolean> {
    return await Promise.resolve(existsSync(join(this.traced.stowage.dataDirectory, 'volumes', volume)));
  }

  /** Ends the program and takes everything back. */
  async close(): Promise<void> {
    await this.traced.close();
  }

  /** Asserts what holds at any moment of rest: mounted exactly while claimed, and nothing half-made. */
  async assertAtRest(): Promise<void> {
    const { stowage } = this.traced;
    await eventually(async () => {
      const claimed: string[] = [];
      const shown = await this.engine.list();
      for (const { Name } of shown) if ((await this.mountIds(Name)) > 0) claimed.push(Name);
      assert.deepEqual(this.#mounted(), claimed.toSorted(), 'mounted volumes and claimed ones differ');
      assert.deepEqual(
        namesIn(stowage.see(stowage.mountsDirectory)).toSorted(),
        claimed.toSorted(),
        'mount points are left',
      );
      for (const place of ['staging', 'trash']) {
        assert.deepEqual(namesIn(join(stowage.dataDirectory, place)), [], `${place} is not empty`);
      }
      const loops = stowage.loops().filter(({ file }) => file.endsWith(' (deleted)'));
      assert.deepEqual(loops, [], 'loop devices of removed volumes are left');
    }, 10_000);
  }

  /** Asserts that nothing is left of any volume. */
  async assertNothingLeft(): Promise<void> {
    const { stowage } = this.traced;
    await this.assertAtRest();
    await eventually(() => assert.deepEqual(stowage.loops(), [], 'loop devices are left'), 10_000);
    assert.deepEqual(await this.engine.list(), [], 'volumes are left');
    assert.deepEqual(namesIn(join(stowage.dataDirectory, 'volumes')), [], 'homes are left');
    assert.deepEqual(stowage.mounts(), [], 'mounts are left');
  }

  #mounted(): string[] {
    const { stowage } = this.traced;
    const targets = stowage.mounts().map(({ target }) => target);
    const prefix = `${stowage.mountsDirectory}/`;
    return targets
      .map((target) => (target.startsWith(prefix) ? target.slice(prefix.length) : target))
      .toSorted();
  }

  #place(volume: string): string {
    const { stowage } = this.traced;
    return stowage.see(join(stowage.mountsDirectory, volume));
  }
}
