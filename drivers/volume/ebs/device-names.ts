import { StowageError } from '../../../plugin/core/errors.ts';
import type { Ec2 } from './client.ts';

/** What was asked of EC2 is taken for true this long; what changes meanwhile shows as a refusal. */
const FRESH_MS = 600_000;

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');
/** Names that no image uses for itself: `/dev/xvdaa` to `/dev/xvddz`. On Nitro instances they are labels, no more. */
const NAMES = LETTERS.slice(0, 4).flatMap((first) => LETTERS.map((second) => `/dev/xvd${first}${second}`));

/** Names of devices on this instance, and how many it may have. EC2 wants a free name for each attachment. */
export class DeviceNames {
  readonly #ec2: Ec2;
  readonly #instance: { readonly id: string; readonly type: string };
  readonly #now: () => number;
  readonly #taken = new Map<string, string>();
  #turn = 0;
  #limit: number | undefined;
  #askedAt: number | undefined;
  #learning: Promise<void> | undefined;

  constructor(ec2: Ec2, instance: { readonly id: string; readonly type: string }, now: () => number) {
    this.#ec2 = ec2;
    this.#instance = instance;
    this.#now = now;
  }

  /** A free name for the volume, taken until it is given back. E_CLOUD_LIMIT with the limit. */
  async take(volume: string): Promise<string> {
    await this.#learn();
    const present = this.#taken.get(volume);
    if (present !== undefined) return present;
    if (this.#limit !== undefined && this.#taken.size >= this.#limit) {
      // Somebody else may have detached something since.
      await this.refresh();
      if (this.#taken.size >= this.#limit) throw this.#full();
    }
    const taken = new Set(this.#taken.values());
    // Round and round: a name that was given back a moment ago is still in use while its volume leaves.
    const names = [...NAMES.slice(this.#turn), ...NAMES.slice(0, this.#turn)];
    const name = names.find((one) => !taken.has(one));
    if (name === undefined) throw this.#full();
    this.#turn = (NAMES.indexOf(name) + 1) % NAMES.length;
    this.#taken.set(volume, name);
    return name;
  }

  giveBack(volume: string): void {
    this.#taken.delete(volume);
  }

  /** Asks EC2 anew what the instance has. */
  async refresh(): Promise<void> {
    const instance = await this.#ec2.describeInstance(this.#instance.id);
    this.#taken.clear();
    const mappings = instance?.BlockDeviceMappings ?? [];
    for (const { DeviceName = '', Ebs } of mappings) this.#taken.set(Ebs?.VolumeId ?? DeviceName, DeviceName);
    const limit = await this.#ec2.describeLimit(this.#instance.type);
    const interfaces = limit?.isShared === true ? Math.max(1, instance?.NetworkInterfaces?.length ?? 1) : 0;
    this.#limit = limit && limit.places - interfaces;
    this.#askedAt = this.#now();
  }

  async #learn(): Promise<void> {
    if (this.#askedAt !== undefined && Math.abs(this.#now() - this.#askedAt) <= FRESH_MS) return;
    // Many volumes that are attached at once ask once.
    this.#learning ??= this.refresh().finally(() => (this.#learning = undefined));
    await this.#learning;
  }

  #full(): StowageError {
    const most = this.#limit ?? NAMES.length;
    return new StowageError(
      'E_CLOUD_LIMIT',
      `instance ${this.#instance.id} (${this.#instance.type}) has ${String(this.#taken.size)} of at most ${String(most)} volumes, its own disks included`,
      { remedy: 'Stop containers that use other volumes, or use a larger instance type.' },
    );
  }
}
