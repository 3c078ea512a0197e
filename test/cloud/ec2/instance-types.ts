/** What an instance type means for its disks. */
export interface InstanceTypeFacts {
  readonly nitro: boolean;
  /** EBS volumes that can be attached, the root volume included. */
  readonly maximumAttachments: number;
  /** Whether network interfaces and local disks count too. */
  readonly limitType: 'shared' | 'dedicated';
  readonly baselineIops: number;
  readonly baselineMbps: number;
  readonly cores: number;
  readonly memoryMib: number;
}

/** A few of each kind; figures from AWS's list of instance types. */
export const INSTANCE_TYPES: Readonly<Record<string, InstanceTypeFacts>> = {
  't2.micro': facts(false, 39, 'shared', 500, 60, 1, 1_024),
  't3.micro': facts(true, 28, 'shared', 500, 87, 2, 1_024),
  'm5.large': facts(true, 28, 'shared', 3_600, 650, 2, 8_192),
  'm6i.xlarge': facts(true, 28, 'shared', 6_000, 1_250, 4, 16_384),
  'm7i.large': facts(true, 32, 'dedicated', 3_600, 650, 2, 8_192),
  'm7i.48xlarge': facts(true, 128, 'dedicated', 160_000, 40_000, 192, 786_432),
};

function facts(
  nitro: boolean,
  maximumAttachments: number,
  limitType: InstanceTypeFacts['limitType'],
  baselineIops: number,
  baselineMbps: number,
  cores: number,
  memoryMib: number,
): InstanceTypeFacts {
  return { nitro, maximumAttachments, limitType, baselineIops, baselineMbps, cores, memoryMib };
}
