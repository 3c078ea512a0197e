/** A disk that a cloud has attached to a machine. */
export interface BayDisk {
  /** The cloud's name of the disk, e.g. `vol-0123456789abcdef0`. */
  readonly id: string;
  /** What it holds. */
  readonly file: string;
  /** What the disk itself tells a machine that asks who it is. */
  readonly serial: string;
  /** The name the attachment was asked for, e.g. `/dev/sdf`; a hint that the kernel is free to ignore. */
  readonly deviceName: string;
  readonly sizeBytes: number;
  readonly readOnly: boolean;
}

/**
 * Where attached disks really appear. A stand-in for a cloud decides *that* a disk is attached; the bay makes a machine
 * see it. Calls for one machine may come at the same time, for one disk on one machine they follow each other.
 */
export interface DiskBay {
  /** The machine sees the disk when this returns. Twice for the same disk is an error of the caller. */
  plugIn(machine: string, disk: BayDisk): Promise<void>;
  /**
   * The machine no longer sees the disk when this returns. A disk it does not have is success. What the machine still
   * writes to it, because it had it mounted, never reaches `file`.
   */
  pullOut(machine: string, id: string): Promise<void>;
  /** Tells the machine that the file behind a disk has grown. A disk it does not have is success. */
  resized(machine: string, id: string, sizeBytes: number): Promise<void>;
  /** Whether the machine's kernel keeps the disk busy, e.g. has it mounted. */
  isBusy(machine: string, id: string): Promise<boolean>;
  /** Pulls out whatever is left. */
  close(): Promise<void>;
}

/** Nothing appears anywhere: for tests of the cloud's answers alone. */
export class NoDiskBay implements DiskBay {
  readonly #plugged = new Set<string>();

  plugIn(machine: string, { id }: BayDisk): Promise<void> {
    const place = `${machine} ${id}`;
    if (this.#plugged.has(place)) return Promise.reject(new Error(`${id} is in ${machine} already`));
    this.#plugged.add(place);
    return Promise.resolve();
  }

  pullOut(machine: string, id: string): Promise<void> {
    this.#plugged.delete(`${machine} ${id}`);
    return Promise.resolve();
  }

  resized(): Promise<void> {
    return Promise.resolve();
  }

  isBusy(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): Promise<void> {
    this.#plugged.clear();
    return Promise.resolve();
  }
}
