import type { CallLog } from '../../cloud/shared/call-log.ts';
import type { Faults } from '../../cloud/shared/faults.ts';

/** A machine in a cloud, as a program on it finds it. */
export interface CloudMachine {
  readonly id: string;
  /** What the stand-in calls whoever calls from it, in its log of calls. */
  readonly caller: string;
  /** The `/sys` that shows its disks. */
  readonly hostSys: string;
  /** Settings that point the driver to the stand-in. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A disk as the stand-in itself knows it. */
export interface RegionDisk {
  readonly id: string;
  /** The volume it says it is. */
  readonly volume: string | undefined;
  readonly machines: readonly string[];
  /** The file that holds its content. */
  readonly file: string;
}

/** A cloud's stand-in in the words that all clouds share, so that one suite tests every driver of cloud disks. */
export interface CloudRegion {
  readonly calls: CallLog;
  readonly faults: Faults;
  /** A new machine; with `allowed` its identity has these permissions only. */
  launch(settings?: {
    readonly allowed?: readonly string[];
    readonly elsewhere?: boolean;
  }): Promise<CloudMachine>;
  /** The cloud says from now on that it is stopped. */
  stop(machine: string): Promise<void>;
  /** The machine hangs: the cloud calls it running, and it lets go of nothing. */
  freeze(machine: string): void;
  /** Takes a disk off a machine as an operator would, by force. */
  tearOff(disk: string, machine: string): Promise<void>;
  /** Makes a disk that is none of Stowage's, with this name; gives its ID. */
  makeForeign(name: string): Promise<string>;
  /** All disks that machines do not boot from. */
  disks(): Promise<readonly RegionDisk[]>;
  /** Seconds that the cloud itself has taken so far for creating and attaching. */
  secondsUntilAttached(): number;
  /** How many snapshots there are. */
  snapshots(): number;
  /** From now on no attachment comes to an end, or all do again. */
  neverAttach(on: boolean): void;
  close(): Promise<void>;
}

/** A cloud for the suite. */
export interface RegionKind {
  /** Starts a region below `root` whose times are `scale` of the real ones. */
  start(root: string, scale: number): Promise<CloudRegion>;
  /** Every permission that the README asks for. */
  readonly permissions: readonly string[];
  /** Disks that one call lists at most. */
  readonly pageSize: number;
  /** The permission to attach a disk, as an error names it. */
  readonly attachPermission: string;
}
