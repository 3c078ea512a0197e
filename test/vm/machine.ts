import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VmImages } from '../../scripts/lib/vm/images.ts';
import { Guest } from './guest.ts';
import { JsonPeer } from './json-peer.ts';

/** Where a machine finds the ports of this machine's loopback that it may reach, under their own numbers. */
export const HOST_IN_GUEST = '10.0.2.100';
/** How many disks of the kind that is a PCI device of its own can be plugged in. */
export const PCI_PORTS = 6;

const LOG_LINES = 25;

/**
 * A virtual machine with a Docker engine, emulated, so that it runs on any machine. Its own disks are thrown away with it.
 * It ends with this process, however that ends.
 */
export class Machine {
  /** QEMU itself: plugging, pausing. */
  readonly monitor: JsonPeer;
  /** The machine from within. */
  readonly guest: Guest;
  /** Whether QEMU still has it; a paused one is there. */
  get isThere(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }
  /** Whether it is between `freeze` and `thaw`. */
  get isFrozen(): boolean {
    return this.#frozen;
  }
  readonly #process: ChildProcess;
  readonly #directory: string;
  #frozen = false;

  private constructor(process: ChildProcess, directory: string, monitor: JsonPeer, guest: Guest) {
    this.#process = process;
    this.#directory = directory;
    this.monitor = monitor;
    this.guest = guest;
  }

  /**
   * Starts a machine, which can reach these ports of this machine's loopback and nothing else. Resolves when it runs
   * commands.
   *
   * @throws Error with the end of its console when it does not start
   */
  static async start(images: VmImages, reachable: readonly number[]): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'stowage-vm-'));
    const qemu = spawnQemu(argumentsFor(images, directory, reachable), directory);
    try {
      const monitor = await JsonPeer.connect(join(directory, 'monitor'));
      await monitor.execute('qmp_capabilities');
      const guest = await Guest.reach(join(directory, 'agent'));
      return new Machine(qemu, directory, monitor, guest);
    } catch (cause) {
      await end(qemu);
      const words = await logOf(directory);
      await rm(directory, { recursive: true });
      throw new Error(`The virtual machine did not start:\n${words}`, { cause });
    }
  }

  /** Nothing in the machine goes on, as when its hypervisor hangs; it is still there. */
  async freeze(): Promise<void> {
    await this.monitor.execute('stop');
    this.#frozen = true;
  }

  /** Goes on after `freeze`. */
  async thaw(): Promise<void> {
    await this.monitor.execute('cont');
    this.#frozen = false;
  }

  /** Pulls the power plug. Twice is fine. */
  async kill(): Promise<void> {
    this.monitor.close();
    this.guest.close();
    await end(this.#process);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function spawnQemu(args: readonly string[], directory: string): ChildProcess {
  const log = openSync(join(directory, 'qemu.log'), 'a');
  // The kernel ends it when this process has ended, even by SIGKILL.
  const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return qemu;
}

async function end(qemu: ChildProcess): Promise<void> {
  if (qemu.exitCode !== null || qemu.signalCode !== null) return;
  const gone = once(qemu, 'exit');
  qemu.kill('SIGKILL');
  await gone;
}

async function logOf(directory: string): Promise<string> {
  const logs = ['qemu.log', 'console'].map(
    async (name) => await readFile(join(directory, name), 'utf8').catch(() => ''),
  );
  return (await Promise.all(logs)).join('').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}

function argumentsFor(images: VmImages, directory: string, reachable: readonly number[]): string[] {
  const socket = (name: string): string =>
    `socket,id=${name},path=${join(directory, name)},server=on,wait=off`;
  const forwards = reachable.map(
    (port) => `,guestfwd=tcp:${HOST_IN_GUEST}:${String(port)}-cmd:/bin/busybox nc 127.0.0.1 ${String(port)}`,
  );
  return [
    ['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', '768'],
    ['-nodefaults', '-display', 'none', '-no-reboot', '-serial', `file:${join(directory, 'console')}`],
    ['-kernel', images.kernel, '-append', KERNEL_WORDS.join(' ')],
    ownDisk('root', images.root, 0x10),
    ownDisk('docker', images.docker, 0x11),
    ['-chardev', socket('monitor'), '-mon', 'chardev=monitor,mode=control'],
    ['-device', 'virtio-serial-pci,addr=0x12', '-chardev', socket('agent')],
    ['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ['-netdev', `user,id=net,restrict=on${forwards.join('')}`],
    ['-device', 'virtio-net-pci,netdev=net,addr=0x13'],
    ['-device', 'virtio-scsi-pci,id=scsi,addr=0x14'],
    ...Array.from({ length: PCI_PORTS }, (_, index) => pciPort(index)),
  ].flat();
}

const KERNEL_WORDS = [
  'root=/dev/nvme0n1 rw init=/init console=ttyS0 quiet net.ifnames=0',
  // Nobody attacks it, and emulation is slow enough.
  'mitigations=off raid=noautodetect panic=-1',
];

/** A disk of the machine itself: NVMe, which this kernel knows without modules. What is written to it is thrown away. */
function ownDisk(name: string, image: string, address: number): string[] {
  const drive = `if=none,id=${name},file=${image},format=raw,snapshot=on,cache=unsafe`;
  return ['-drive', drive, '-device', `nvme,drive=${name},serial=${name},addr=0x${address.toString(16)}`];
}

function pciPort(index: number): string[] {
  const number = String(index + 1);
  const address = `0x${(3 + index).toString(16)}`;
  return [
    '-device',
    `pcie-root-port,id=port${String(index)},chassis=${number},slot=${number},addr=${address}`,
  ];
}
