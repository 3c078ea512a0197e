import type { VmDiskBay } from './vm-disk-bay.ts';

/** A machine that a cloud knows. */
export interface CloudMachine {
  /** What the cloud calls it, in errors too. */
  readonly id: string;
  /** Ports of this machine's loopback where it finds the cloud. */
  readonly ports: readonly number[];
  /** Settings of the plugin on it, for a host that has those ports. */
  readonly settings: (host: string) => Readonly<Record<string, string>>;
}

/** A stand-in for a cloud whose disks are plugged into virtual machines, in the words that all clouds share. */
export interface VmCloud {
  readonly bay: VmDiskBay;
  /** A new machine that runs, as far as the cloud knows. */
  launch(): Promise<CloudMachine>;
  /** Which machines have a disk that none boots from. */
  holders(): readonly string[];
  /** Takes every such disk off a machine by force, as an operator would. */
  tearOff(machine: string): Promise<void>;
  /** The machine hangs: the cloud calls it running, and it lets go of nothing. */
  freeze(machine: string): void;
  /** The cloud says from now on that it is stopped. */
  stop(machine: string): Promise<void>;
  /** It runs again, as far as the cloud knows. */
  start(machine: string): Promise<void>;
  /** Ends all. @throws when a disk was ever on two machines at a time */
  close(): Promise<void>;
}

/** A cloud for the scenarios. */
export interface VmCloudKind {
  /** What volumes name it by. */
  readonly backend: string;
  /** Whether a machine sees a disk grow while it has it. QEMU's NVMe controllers do not show it. */
  readonly showsGrowth: boolean;
  start(): Promise<VmCloud>;
}
