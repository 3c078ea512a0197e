import type { CloudDisk } from '../block/cloud.ts';
import type { Gce } from './client.ts';
import { idOf, placeInLink, type Place } from './names.ts';

/**
 * What the disks of this machine are called on it. GCE's hypervisor shows a machine the name that a disk was attached
 * under, and anybody may have attached it under any name, even that of another disk; only the machine itself tells.
 */
export class DeviceNames {
  readonly #gce: Gce;
  readonly #self: () => Promise<Place>;
  /** By disk, as long as it is shown to be attached here. */
  readonly #known = new Map<string, string>();

  constructor(gce: Gce, self: () => Promise<Place>) {
    this.#gce = gce;
    this.#self = self;
  }

  /** The disks with the serial number that each has on this machine, if it is attached to it. */
  async complete(disks: readonly CloudDisk[]): Promise<CloudDisk[]> {
    const here = new Set<string>();
    if (disks.some(({ attachments }) => attachments.length > 0)) {
      const machine = idOf(await this.#self());
      for (const { id, attachments } of disks)
        if (attachments.some((one) => one.machine === machine)) here.add(id);
    }
    for (const { id } of disks) if (!here.has(id)) this.#known.delete(id);
    if ([...here].some((id) => !this.#known.has(id))) await this.#learn();
    return disks.map((disk) => ({ ...disk, serial: this.#known.get(disk.id) ?? disk.serial }));
  }

  /** One that we attach gets its own name, so that nobody has to be asked. */
  attached(disk: CloudDisk, deviceName: string): void {
    this.#known.set(disk.id, deviceName);
  }

  /** The name of the disk on a machine; undefined when it is not attached there. Asked anew. */
  async nameOn(machine: Place, disk: CloudDisk): Promise<string | undefined> {
    return (await this.#namesOn(machine)).get(disk.id);
  }

  async #learn(): Promise<void> {
    for (const [id, name] of await this.#namesOn(await this.#self())) this.#known.set(id, name);
  }

  async #namesOn(machine: Place): Promise<Map<string, string>> {
    const instance = await this.#gce.getInstance(machine);
    return new Map(
      (instance?.disks ?? []).flatMap(({ source, deviceName }): [string, string][] => {
        const place = placeInLink(source ?? '');
        return place === undefined || typeof deviceName !== 'string' ? [] : [[idOf(place), deviceName]];
      }),
    );
  }
}
