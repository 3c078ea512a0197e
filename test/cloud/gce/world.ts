import { notFound } from './error.ts';
import { randomDigits } from './ids.ts';
import { zonal } from './links.ts';
import type { AttachedDisk, Disk, Incident, Instance, Snapshot } from './model.ts';
import { type Operation, OperationEngine } from './operation-engine.ts';
import type { WorldParts } from './world-parts.ts';

export const GIBIBYTE = 1024 ** 3;

/** The state of one project. */
export class World {
  readonly parts: WorldParts;
  readonly operations: OperationEngine;
  /** By `zone/name`, as instances are. */
  readonly disks = new Map<string, Disk>();
  readonly instances = new Map<string, Instance>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly incidents: Incident[] = [];
  /** Operations by the IDs of their requests, with what was asked for. */
  readonly requests = new Map<string, { readonly operation: Operation; readonly asked: string }>();
  readonly unreachableZones = new Set<string>();

  constructor(parts: WorldParts) {
    this.parts = parts;
    this.operations = new OperationEngine(parts, (subject, detail) =>
      this.note('stand-in-failed', subject, detail),
    );
  }

  get now(): number {
    return this.parts.clock.now();
  }

  newId(): string {
    return randomDigits(this.parts.random);
  }

  note(kind: Incident['kind'], subject: string, detail: string): void {
    this.incidents.push({ kind, at: this.now, subject, detail });
  }

  /** @throws GceError when there is none */
  disk(zone: string, name: string): Disk {
    const found = byNameOrId(this.disks, zone, name);
    if (found === undefined) throw notFound(zonal(this.parts.project, zone, 'disks', name));
    return found;
  }

  /** @throws GceError when there is none */
  instance(zone: string, name: string): Instance {
    const found = byNameOrId(this.instances, zone, name);
    if (found === undefined) throw notFound(zonal(this.parts.project, zone, 'instances', name));
    return found;
  }

  /** @throws GceError when there is none */
  requireZone(zone: string): void {
    if (!this.parts.zones.includes(zone)) throw notFound(`projects/${this.parts.project}/zones/${zone}`);
  }

  /** Who has a disk, and how. */
  usersOf(disk: Disk): { instance: Instance; attached: AttachedDisk }[] {
    return [...this.instances.values()].flatMap((instance) =>
      instance.disks.filter((one) => one.disk === disk).map((attached) => ({ instance, attached })),
    );
  }

  diskLink({ zone, name }: Disk): string {
    return zonal(this.parts.project, zone, 'disks', name);
  }

  instanceLink({ zone, name }: Instance): string {
    return zonal(this.parts.project, zone, 'instances', name);
  }

  /** Makes the instance see the disk. */
  async plugIn(instance: Instance, { disk, deviceName, mode }: AttachedDisk): Promise<void> {
    await this.parts.bay.plugIn(instance.name, {
      id: contentId(disk),
      file: await this.parts.store.fileOf(contentId(disk)),
      serial: deviceName,
      deviceName,
      sizeBytes: disk.sizeGb * GIBIBYTE,
      readOnly: mode === 'READ_ONLY',
    });
  }

  /** The instance sees it no more. A running one that still uses it is noted. */
  async pullOut(instance: Instance, { disk }: AttachedDisk): Promise<void> {
    const busy = await this.parts.bay.isBusy(instance.name, contentId(disk));
    if (busy && instance.status === 'RUNNING' && !instance.frozen) {
      this.note('pulled-while-busy', `${disk.zone}/${disk.name}`, `by ${instance.name}`);
    }
    await this.parts.bay.pullOut(instance.name, contentId(disk));
  }
}

/** What a disk's content is kept under, and what a bay knows it by. */
export function contentId({ zone, name }: Disk): string {
  return `${zone}.${name}`;
}

/** What a snapshot's content is kept under. */
export function snapshotContentId({ name }: Snapshot): string {
  return `snapshot.${name}`;
}

function byNameOrId<Thing extends { readonly id: string; readonly zone: string }>(
  things: ReadonlyMap<string, Thing>,
  zone: string,
  name: string,
): Thing | undefined {
  const named = things.get(`${zone}/${name}`);
  return named ?? [...things.values()].find((thing) => thing.zone === zone && thing.id === name);
}
