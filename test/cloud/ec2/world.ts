import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { SeededRandom } from '../../attack/random.ts';
import type { DiskBay } from '../shared/disk-bay.ts';
import type { DiskStore } from '../shared/disk-store.ts';
import type { Latency } from '../shared/latency.ts';
import type { Delay } from './latencies.ts';
import type { Attachment, Incident, Instance, Modification, Snapshot, Volume } from './model.ts';
import type { XmlValue } from './xml.ts';

/** Everything that a region's stand-in is made of. */
export interface WorldParts {
  readonly region: string;
  readonly account: string;
  readonly zones: readonly string[];
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly latency: Latency<Delay>;
  readonly bay: DiskBay;
  readonly store: DiskStore;
  /** Between two modifications of a volume. */
  readonly modificationPauseMs: number;
  /** Between two snapshots of a volume. */
  readonly snapshotPauseMs: number;
  /** Pages may be shorter than asked for, as AWS reserves itself. */
  readonly shortPages: boolean;
  /** Keys that volumes can be encrypted with. */
  readonly kmsKeys: readonly string[];
}

/** Longer than Node's timers can wait, so in effect never. */
const NEVER_MS = 2 ** 31 - 1;
/** Bytes of what EC2 counts volumes in. */
export const GIBIBYTE = 1024 ** 3;

/** The state of one region, and what changes in it by itself as time goes by. */
export class World {
  readonly parts: WorldParts;
  readonly volumes = new Map<string, Volume>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly instances = new Map<string, Instance>();
  readonly modifications: Modification[] = [];
  /** Answers to creations that may be repeated, by their client tokens. */
  readonly tokens = new Map<string, { readonly fingerprint: string; readonly answer: XmlValue }>();
  readonly incidents: Incident[] = [];
  /** Volumes whose next modification fails. */
  readonly failingModifications = new Set<string>();
  #sequence = 0;
  readonly #pending = new Set<() => void>();
  readonly #chains = new Map<string, Promise<void>>();
  #closed = false;

  constructor(parts: WorldParts) {
    this.parts = parts;
  }

  get now(): number {
    return this.parts.clock.now();
  }

  /** A new ID of EC2's look: the prefix, and 17 hexadecimal digits that start with 0. */
  newId(prefix: string): string {
    const digits = Array.from({ length: 16 }, () => this.parts.random.below(16).toString(16));
    return `${prefix}-0${digits.join('')}`;
  }

  /** What a new resource starts with. */
  newResource(prefix: string): { id: string; sequence: number; visibleAt: number } {
    const visibleAt = this.now + this.parts.latency.draw('visible');
    return { id: this.newId(prefix), sequence: this.nextSequence(), visibleAt };
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /**
   * Does something after a delay of this kind. What concerns the same subject is done one after the other. A delay that
   * is fixed to `Infinity` never ends.
   */
  later(delay: Delay, subject: string, work: () => Promise<void> | void): void {
    const milliseconds = this.parts.latency.draw(delay);
    if (milliseconds >= NEVER_MS || this.#closed) return;
    const cancel = this.parts.clock.after(milliseconds, () => {
      this.#pending.delete(cancel);
      void this.inOrder(subject, work);
    });
    this.#pending.add(cancel);
  }

  /** Does something when all that was asked before for the same subject is done. What it throws is noted. */
  async inOrder(subject: string, work: () => Promise<void> | void): Promise<void> {
    const before = this.#chains.get(subject) ?? Promise.resolve();
    const done = before.then(work).catch((error: unknown) => {
      this.note('stand-in-failed', subject, error instanceof Error ? error.message : String(error));
    });
    this.#chains.set(subject, done);
    await done;
  }

  note(kind: Incident['kind'], volumeId: string, detail: string): void {
    this.incidents.push({ kind, at: this.now, volumeId, detail });
  }

  /** All attachments of an instance, its root volume first. */
  attachmentsOf(instanceId: string): Attachment[] {
    return [...this.volumes.values()]
      .flatMap((volume) => volume.attachments.filter((attachment) => attachment.instanceId === instanceId))
      .toSorted((one, other) => one.attachedAt - other.attachedAt);
  }

  /** Makes the instance see the volume. */
  async plugIn(volume: Volume, { instanceId, device }: Attachment): Promise<void> {
    await this.parts.bay.plugIn(instanceId, {
      id: volume.id,
      file: await this.parts.store.fileOf(volume.id),
      serial: volume.id.replace('-', ''),
      deviceName: device,
      sizeBytes: this.parts.store.sizeOf(volume.id),
      readOnly: false,
    });
  }

  /** Nothing happens by itself any more. What has begun is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#pending) cancel();
    await Promise.all(this.#chains.values());
  }
}
