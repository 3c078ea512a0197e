import assert from 'node:assert/strict';
import type { Access } from './access.ts';
import { type Metadata, type MetadataSettings, startMetadata } from './imds.ts';
import type { Attachment, Incident, Instance, Volume } from './model.ts';
import { removeVolume } from './operations/delete-volume.ts';
import { endAttachment } from './operations/detach-volume.ts';
import { GIBIBYTE, type World } from './world.ts';

/** What a new instance is to be. */
export interface InstanceSettings {
  readonly type?: string;
  /** Default: the region's first. */
  readonly zone?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default: a new one. */
  readonly id?: string;
}

const ROOT_GIB = 8;

/** What happens to a region from outside its API, and what really is in it. */
export class Control {
  readonly #world: World;
  readonly #access: Access;
  readonly #metadata: Metadata[] = [];

  constructor(world: World, access: Access) {
    this.#world = world;
    this.#access = access;
  }

  /** A new instance that runs, with a root volume. Gives its ID. */
  addInstance({ type = 'm5.large', zone, tags = {}, id }: InstanceSettings = {}): string {
    const world = this.#world;
    const place = { zone: zone ?? world.parts.zones[0] ?? '', tags: new Map(Object.entries(tags)) };
    const root: Volume = {
      ...world.newResource('vol'),
      ...place,
      visibleAt: 0,
      tags: new Map(),
      shape: { type: 'gp3', sizeGib: ROOT_GIB, iops: 3_000, throughput: 125, multiAttach: false },
      encrypted: false,
      kmsKeyId: undefined,
      snapshotId: '',
      createdAt: world.now,
      state: 'in-use',
      attachments: [],
    };
    const instance: Instance = {
      ...world.newResource('i'),
      ...(id !== undefined && { id }),
      ...place,
      visibleAt: 0,
      type,
      launchedAt: world.now,
      rootVolumeId: root.id,
      state: 'running',
      frozen: false,
    };
    root.attachments.push({
      volumeId: root.id,
      instanceId: instance.id,
      device: '/dev/xvda',
      attachedAt: world.now,
      deleteOnTermination: true,
      state: 'attached',
      forced: false,
    });
    world.parts.store.create(root.id, ROOT_GIB * GIBIBYTE);
    world.volumes.set(root.id, root);
    world.instances.set(instance.id, instance);
    return instance.id;
  }

  /** The metadata service of an instance. */
  async startMetadata(instanceId: string, settings: MetadataSettings = {}): Promise<Metadata> {
    const metadata = await startMetadata(this.#world, this.#access, this.#instance(instanceId), settings);
    this.#metadata.push(metadata);
    return metadata;
  }

  /** Stops an instance. It keeps its attachments but no longer sees the disks. */
  async stop(instanceId: string): Promise<void> {
    const instance = this.#instance(instanceId);
    instance.state = 'stopping';
    await this.#afterwards(instance, async () => {
      for (const volume of this.#volumesOn(instance)) {
        await this.#world.inOrder(volume.id, () => this.#world.parts.bay.pullOut(instance.id, volume.id));
      }
      instance.state = 'stopped';
    });
  }

  /** Starts a stopped instance, which sees the disks again. */
  async start(instanceId: string): Promise<void> {
    const instance = this.#instance(instanceId);
    instance.state = 'pending';
    instance.frozen = false;
    await this.#afterwards(instance, async () => {
      instance.state = 'running';
      for (const volume of this.#volumesOn(instance)) {
        const attachment = volume.attachments.find((one) => one.instanceId === instance.id);
        if (attachment?.state !== 'attached' || volume.id === instance.rootVolumeId) continue;
        await this.#world.inOrder(volume.id, () => this.#world.plugIn(volume, attachment));
      }
    });
  }

  /** Terminates an instance: its root volume is deleted, other volumes become available. */
  async terminate(instanceId: string): Promise<void> {
    const instance = this.#instance(instanceId);
    instance.state = 'shutting-down';
    await this.#afterwards(instance, async () => {
      instance.state = 'terminated';
      for (const volume of this.#volumesOn(instance)) {
        await this.#world.inOrder(volume.id, async () => await this.#release(volume, instance));
      }
    });
  }

  /** The instance hangs: the cloud calls it running, but it lets go of nothing that is detached without force. */
  setFrozen(instanceId: string, frozen: boolean): void {
    this.#instance(instanceId).frozen = frozen;
  }

  /** A terminated instance is no longer described, as happens after an hour. */
  forget(instanceId: string): void {
    this.#world.instances.delete(instanceId);
  }

  /** The next modification of the volume ends as `failed`. */
  failNextModification(volumeId: string): void {
    this.#world.failingModifications.add(volumeId);
  }

  /** All volumes but the instances' own root volumes. */
  volumes(): readonly Volume[] {
    const roots = new Set([...this.#world.instances.values()].map(({ rootVolumeId }) => rootVolumeId));
    return [...this.#world.volumes.values()].filter(({ id }) => !roots.has(id));
  }

  /** All attachments of such volumes. */
  attachments(): readonly Attachment[] {
    return this.volumes().flatMap(({ attachments }) => attachments);
  }

  /** IDs of everything that takes room: volumes and snapshots. */
  stored(): readonly string[] {
    return this.#world.parts.store.ids();
  }

  /** The file that holds a volume or snapshot. */
  async fileOf(id: string): Promise<string> {
    return await this.#world.parts.store.fileOf(id);
  }

  /** What should not have happened, of one kind or of all. */
  incidents(kind?: Incident['kind']): readonly Incident[] {
    return this.#world.incidents.filter((incident) => kind === undefined || incident.kind === kind);
  }

  /** Asserts that no volume was ever on two instances against the rules, and that the stand-in did not fail. */
  assertSound(): void {
    assert.deepEqual([...this.incidents('double-attach'), ...this.incidents('stand-in-failed')], []);
  }

  /** Ends the metadata services. */
  async close(): Promise<void> {
    for (const metadata of this.#metadata.splice(0)) await metadata.close();
  }

  async #afterwards(instance: Instance, work: () => Promise<void>): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#world.later('instance', instance.id, async () => {
        await work();
        resolve();
      });
    });
  }

  async #release(volume: Volume, instance: Instance): Promise<void> {
    const attachment = volume.attachments.find(({ instanceId }) => instanceId === instance.id);
    if (attachment === undefined) return;
    await endAttachment(this.#world, volume, attachment);
    if (attachment.deleteOnTermination) removeVolume(this.#world, volume);
  }

  #volumesOn(instance: Instance): Volume[] {
    return [...this.#world.volumes.values()].filter(({ attachments }) =>
      attachments.some(({ instanceId }) => instanceId === instance.id),
    );
  }

  #instance(id: string): Instance {
    const instance = this.#world.instances.get(id);
    if (instance === undefined) throw new Error(`there is no instance ${id}`);
    return instance;
  }
}
