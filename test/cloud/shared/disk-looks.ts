import type { BayDisk } from './disk-bay.ts';

/** How a cloud's disks look in `/sys/block`. */
export interface DiskLook {
  /** The kernel's name of the disk with this number; the numbers of a machine start at 0. */
  readonly nameOf: (number: number) => string;
  /** Files of the disk's directory other than `dev`, `size` and `ro`, by their path in it. */
  readonly files: (disk: BayDisk) => Record<string, Buffer | string>;
}

const AMAZON_PCI_VENDOR = '1d0f';
const EBS_MODEL = 'Amazon Elastic Block Store';
/** Widths of the fields of an NVMe controller, which sysfs shows with their padding. */
const NVME_SERIAL_LENGTH = 20;
const NVME_MODEL_LENGTH = 40;
const LETTERS = 26;

/** EBS on a Nitro instance. The root disk has `nvme0n1`, so data disks start at `nvme1n1`. */
export const ebsLook: DiskLook = {
  nameOf: (number) => `nvme${String(number + 1)}n1`,
  files: ({ serial }) => ({
    'device/serial': `${serial.padEnd(NVME_SERIAL_LENGTH)}\n`,
    'device/model': `${EBS_MODEL.padEnd(NVME_MODEL_LENGTH)}\n`,
    'device/firmware_rev': `${'1.0'.padEnd(8)}\n`,
    wwid: `nvme.${AMAZON_PCI_VENDOR}-${hex(serial)}-${hex(EBS_MODEL)}-00000001\n`,
  }),
};

/** A persistent disk of GCE, behind virtio-scsi. The boot disk has `sda`, so data disks start at `sdb`. */
export const persistentDiskLook: DiskLook = {
  nameOf: (number) => `sd${lettersOf(number + 1)}`,
  files: ({ serial }) => ({
    'device/vendor': `${'Google'.padEnd(8)}\n`,
    'device/model': `${'PersistentDisk'.padEnd(16)}\n`,
    'device/rev': `${'1'.padEnd(4)}\n`,
    'device/state': 'running\n',
    'device/vpd_pg80': vitalProductData(0x80, Buffer.from(serial)),
    'device/vpd_pg83': vitalProductData(0x83, asciiDesignator(serial)),
  }),
};

/** A page of SCSI's vital product data: peripheral, page code, length, content (SPC-4, 7.8). */
function vitalProductData(page: number, content: Buffer): Buffer {
  const head = Buffer.from([0, page, 0, 0]);
  head.writeUInt16BE(content.length, 2);
  return Buffer.concat([head, content]);
}

/** ASCII, vendor specific, about the logical unit: what GCE's hypervisor calls the disk. */
function asciiDesignator(name: string): Buffer {
  return Buffer.concat([Buffer.from([0x02, 0x00, 0x00, name.length]), Buffer.from(name)]);
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** 0 → a, 25 → z, 26 → aa. */
function lettersOf(number: number): string {
  const last = String.fromCharCode('a'.charCodeAt(0) + (number % LETTERS));
  return number < LETTERS ? last : lettersOf(Math.floor(number / LETTERS) - 1) + last;
}
