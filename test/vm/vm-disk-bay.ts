import type { BayDisk, DiskBay } from '../cloud/shared/disk-bay.ts';
import { PCI_PORTS, type Machine } from './machine.ts';

/** How a cloud shows its disks: EBS as NVMe controllers of their own, Compute Engine on one virtio-scsi bus. */
export type DiskKind = 'nvme' | 'scsi';

interface Plugged {
  readonly disk: BayDisk;
  /** QEMU's name of the device; what is behind it is `file-` and this. */
  readonly device: string;
  /** Where it sits, if it is a PCI device of its own. */
  readonly port: number | undefined;
}

interface Place {
  readonly machine: Machine;
  readonly disks: Map<string, Plugged>;
  /** Ports that a device may still sit in. */
  readonly taken: Set<number>;
}

const UNPLUG_DEADLINE_MS = 10_000;

/**
 * Disks that are plugged into virtual machines while these run. QEMU has no way to change the model of an NVMe
 * controller, so EBS volumes say "QEMU NVMe Ctrl" there; serial, size and behaviour are as on AWS.
 */
export class VmDiskBay implements DiskBay {
  readonly #kind: DiskKind;
  readonly #places = new Map<string, Place>();
  #devices = 0;

  constructor(kind: DiskKind) {
    this.#kind = kind;
  }

  /** From now on this is the machine of that name. One that was there before has lost its disks. */
  seat(name: string, machine: Machine): void {
    this.#places.set(name, { machine, disks: new Map(), taken: new Set() });
  }

  async plugIn(name: string, disk: BayDisk): Promise<void> {
    const place = this.#places.get(name);
    if (place === undefined || !place.machine.isThere) throw new Error(`the machine ${name} does not run`);
    if (place.disks.has(disk.id)) throw new Error(`${disk.id} is in ${name} already`);
    const device = `disk${String((this.#devices += 1))}`;
    const plugged = { disk, device, port: this.#kind === 'nvme' ? freePort(place.taken) : undefined };
    // Before the first wait, so that two disks at a time get two ports.
    place.disks.set(disk.id, plugged);
    if (plugged.port !== undefined) place.taken.add(plugged.port);
    const drive = `if=none,id=file-${device},file=${disk.file},format=raw,cache=writeback`;
    await drives(place.machine, `drive_add 0 ${drive},readonly=${disk.readOnly ? 'on' : 'off'}`);
    await place.machine.monitor.execute('device_add', deviceFor(plugged));
  }

  async pullOut(name: string, id: string): Promise<void> {
    const place = this.#places.get(name);
    const plugged = place?.disks.get(id);
    if (place === undefined || plugged === undefined) return;
    if (place.machine.isThere) await unplug(place, plugged);
    place.disks.delete(id);
  }

  /** The NVMe controllers of QEMU never learn that they have grown: a machine sees it when it gets the disk anew. */
  async resized(name: string, id: string, sizeBytes: number): Promise<void> {
    const place = this.#places.get(name);
    const plugged = place?.disks.get(id);
    if (place === undefined || plugged === undefined || this.#kind === 'nvme') return;
    await place.machine.monitor.execute('block_resize', {
      device: `file-${plugged.device}`,
      size: sizeBytes,
    });
  }

  /** Whether the machine has it mounted; a frozen one cannot be asked and has not let go of anything. */
  async isBusy(name: string, id: string): Promise<boolean> {
    const place = this.#places.get(name);
    const plugged = place?.disks.get(id);
    if (place === undefined || plugged === undefined || !place.machine.isThere) return false;
    if (place.machine.isFrozen) return true;
    return (await place.machine.guest.runRaw('is-mounted', [plugged.disk.serial])).exitCode === 0;
  }

  async close(): Promise<void> {
    for (const [name, { disks }] of this.#places) {
      for (const id of disks.keys()) await this.pullOut(name, id);
    }
  }
}

function freePort(taken: ReadonlySet<number>): number {
  for (let port = 0; port < PCI_PORTS; port += 1) if (!taken.has(port)) return port;
  throw new Error('all ports of the machine are taken');
}

function deviceFor({ disk: { serial }, device, port }: Plugged): Record<string, string> {
  const common = { id: device, drive: `file-${device}`, serial };
  if (port !== undefined) return { driver: 'nvme', bus: `port${String(port)}`, ...common };
  const names = { vendor: 'Google', product: 'PersistentDisk', ver: '1', device_id: serial };
  return { driver: 'scsi-hd', bus: 'scsi.0', ...names, ...common };
}

/** The guest is asked to let go; whether it does or not, nothing it writes afterwards reaches the file. */
async function unplug({ machine, taken }: Place, { device, port }: Plugged): Promise<void> {
  const wait = machine.isFrozen ? 0 : UNPLUG_DEADLINE_MS;
  const gone = machine.monitor.event('DEVICE_DELETED', (data) => data['device'] === device, wait);
  await machine.monitor.execute('device_del', { id: device });
  // A device that is still there keeps its port.
  if ((await gone) && port !== undefined) taken.delete(port);
  await drives(machine, `drive_del file-${device}`).catch((error: unknown) => {
    // It goes with its device.
    if (!String(error).includes('not found')) throw error;
  });
}

/** Only drives that were added by QEMU's old words can be cut off under a device, and resized under one. */
async function drives(machine: Machine, words: string): Promise<void> {
  const answer = await machine.monitor.execute('human-monitor-command', { 'command-line': words });
  const said = String(answer).trim();
  if (said !== '' && said !== 'OK') throw new Error(`${words}: ${said}`);
}
