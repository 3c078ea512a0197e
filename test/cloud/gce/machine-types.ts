/** What is known of a type of machine: for disks, its size and its family matter. */
export interface MachineType {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly sharedCore: boolean;
}

/** Types by name: a few of each family that differs. */
export const MACHINE_TYPES: Readonly<Record<string, MachineType>> = {
  'e2-micro': { cpus: 2, memoryMb: 1_024, sharedCore: true },
  'e2-medium': { cpus: 2, memoryMb: 4_096, sharedCore: true },
  'e2-standard-2': { cpus: 2, memoryMb: 8_192, sharedCore: false },
  'n1-standard-1': { cpus: 1, memoryMb: 3_840, sharedCore: false },
  'n2-standard-2': { cpus: 2, memoryMb: 8_192, sharedCore: false },
  'n2-standard-80': { cpus: 80, memoryMb: 327_680, sharedCore: false },
  'c3-standard-4': { cpus: 4, memoryMb: 16_384, sharedCore: false },
  'c3-standard-88': { cpus: 88, memoryMb: 360_448, sharedCore: false },
  'n4-standard-2': { cpus: 2, memoryMb: 8_192, sharedCore: false },
  'c4-standard-4': { cpus: 4, memoryMb: 15_360, sharedCore: false },
};

const OLD = ['pd-standard', 'pd-balanced', 'pd-ssd'];
const HIGH_AVAILABILITY = 'hyperdisk-balanced-high-availability';

/** Which types of disk a family takes. Extreme ones only with many CPUs. */
const DISKS_OF_FAMILY: Readonly<Record<string, readonly string[]>> = {
  e2: OLD,
  n1: OLD,
  n2: [...OLD, 'hyperdisk-throughput'],
  c3: [
    'pd-balanced',
    'pd-ssd',
    'hyperdisk-balanced',
    'hyperdisk-throughput',
    'hyperdisk-ml',
    HIGH_AVAILABILITY,
  ],
  n4: ['hyperdisk-balanced', 'hyperdisk-throughput', HIGH_AVAILABILITY],
  c4: ['hyperdisk-balanced', 'hyperdisk-throughput', 'hyperdisk-ml', HIGH_AVAILABILITY],
};
const MANY_CPUS = 64;
const EXTREME: Readonly<Record<string, readonly string[]>> = {
  n2: ['pd-extreme', 'hyperdisk-extreme'],
  c3: ['hyperdisk-extreme'],
};

/** Whether a machine of this type can have a disk of that type. */
export function takesDiskType(machineType: string, diskType: string): boolean {
  const family = familyOf(machineType);
  const cpus = MACHINE_TYPES[machineType]?.cpus ?? 0;
  const extreme = cpus >= MANY_CPUS ? (EXTREME[family] ?? []) : [];
  return (DISKS_OF_FAMILY[family] ?? []).includes(diskType) || extreme.includes(diskType);
}

/** How many disks such a machine can have, the boot disk among them. */
export function mostDisks(machineType: string): number {
  const SHARED_CORE = 16;
  const OTHERS = 128;
  return MACHINE_TYPES[machineType]?.sharedCore === true ? SHARED_CORE : OTHERS;
}

/** What such a machine boots from. */
export function bootDiskType(machineType: string): string {
  return takesDiskType(machineType, 'pd-balanced') ? 'pd-balanced' : 'hyperdisk-balanced';
}

function familyOf(machineType: string): string {
  return machineType.slice(0, machineType.indexOf('-'));
}
