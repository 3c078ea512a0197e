import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LoopDevice } from '../../plugin/core/ports/host.ts';

/** Files of a disk's directory in sysfs, by their path in it. */
export type SysfsFiles = Readonly<Record<string, string | Buffer>>;

/** An EBS disk: fields of fixed width, padded with blanks. */
export function nvmeFiles(serial: string): SysfsFiles {
  return {
    'device/serial': `${serial.padEnd(20)}\n`,
    'device/model': `${'Amazon Elastic Block Store'.padEnd(40)}\n`,
  };
}

/** A persistent disk of GCE: a page of vital product data with four bytes before the serial. */
export function scsiFiles(serial: string): SysfsFiles {
  return {
    'device/vendor': 'Google  \n',
    'device/model': 'PersistentDisk  \n',
    'device/vpd_pg80': Buffer.concat([Buffer.from([0, 0x80, 0, serial.length]), Buffer.from(serial)]),
  };
}

/** A tree like sysfs that shows loop devices as disks of a cloud. */
export class ShownDisks {
  /** What a host takes for `/sys`. */
  readonly sys: string;

  constructor(sys: string) {
    this.sys = sys;
    mkdirSync(join(sys, 'block'), { recursive: true });
  }

  /** The disk's directory, or that of a partition: `sda`, `sda/sda1`. */
  at(name: string): string {
    return join(this.sys, 'block', name);
  }

  /** Shows a loop device in one step, as the kernel does. */
  show(name: string, loop: LoopDevice, files: SysfsFiles): void {
    const size = readFileSync(`/sys/block/${basename(loop.path)}/size`, 'utf8');
    const aside = `${this.sys}/appearing`;
    for (const [file, content] of Object.entries({ dev: `${loop.device}\n`, size, ...files })) {
      mkdirSync(dirname(join(aside, file)), { recursive: true });
      writeFileSync(join(aside, file), content);
    }
    renameSync(aside, this.at(name));
  }

  /** Absent is fine. */
  hide(name: string): void {
    if (!existsSync(this.at(name))) return;
    const aside = `${this.sys}/vanishing`;
    renameSync(this.at(name), aside);
    rmSync(aside, { recursive: true });
  }
}
