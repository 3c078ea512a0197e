import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadedPart, readElf, type Architecture, type ElfFacts } from './elf.ts';

/** Every program that the plugin runs, by the Debian package that it comes from. */
const PROGRAMS = {
  'btrfs-progs': ['mkfs.btrfs', 'btrfs', 'btrfstune'],
  coreutils: ['cp', 'du', 'stat', 'true'],
  // xfs_admin is a shell script.
  dash: ['sh'],
  e2fsprogs: ['mkfs.ext4', 'e2fsck', 'resize2fs', 'e2undo', 'tune2fs'],
  'util-linux': ['blkid', 'wipefs', 'setpriv'],
  // The last two are what xfs_admin runs.
  xfsprogs: ['mkfs.xfs', 'xfs_growfs', 'xfs_admin', 'xfs_repair', 'xfs_db', 'xfs_io'],
};

/** The Debian packages that the root file system is made from; the last two are what Node is linked with. */
export const PACKAGES: readonly string[] = [...Object.keys(PROGRAMS), 'libatomic1', 'libstdc++6'];

/** Mount points of the engine and of `config.json`, and what programs take for granted. */
const DIRECTORIES = 'dev etc proc root run/docker/plugins sys var/tmp data host/proc mnt/volumes paths'.split(
  ' ',
);

const TRIPLETS = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/**
 * Lays out the plugins' root file system without the program itself: Node, the tools, the libraries they need.
 * Nothing of it is run, so it may be for another machine.
 *
 * @param system a Debian system in which PACKAGES are installed or unpacked
 * @param node the Node binary
 * @param target an empty directory
 * @throws Error when a program or library is missing or is for another machine than Node
 */
export function layOutRootfs(system: string, node: string, target: string): void {
  const facts = readElf(node);
  if (facts === undefined) throw new Error(`${node} is no ELF file.`);
  const layout = new Layout(system, target, facts.architecture);
  for (const directory of DIRECTORIES) mkdirSync(join(target, directory), { recursive: true });
  mkdirSync(join(target, 'tmp'));
  chmodSync(join(target, 'tmp'), 0o1777);
  layout.mergeUsr();
  layout.addProgram(node, '/usr/bin/node', facts);
  for (const name of Object.values(PROGRAMS).flat()) layout.findProgram(name);
  layout.copy('etc/mke2fs.conf');
  for (const path of globSync('usr/share/doc/*/copyright', { cwd: system })) layout.copy(path);
  writeFileSync(join(target, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(target, 'etc/group'), 'root:x:0:\n');
}

class Layout {
  readonly #system: string;
  readonly #target: string;
  readonly #architecture: Architecture;
  readonly #libraries = new Set<string>();

  constructor(system: string, target: string, architecture: Architecture) {
    this.#system = system;
    this.#target = target;
    this.#architecture = architecture;
  }

  /** As every Debian system is laid out by now. */
  mergeUsr(): void {
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      mkdirSync(join(this.#target, 'usr', name), { recursive: true });
      symlinkSync(`usr/${name}`, join(this.#target, name));
    }
  }

  findProgram(name: string): void {
    const place = this.#find(name, ['/usr/bin', '/usr/sbin']);
    const source = realpathSync(join(this.#system, place));
    this.addProgram(source, place, readElf(source));
  }

  addProgram(source: string, place: string, facts: ElfFacts | undefined): void {
    if (facts === undefined) copyFileSync(source, join(this.#target, place));
    else this.#addElf(source, place, facts);
  }

  copy(path: string): void {
    cpSync(join(this.#system, path), join(this.#target, path), { recursive: true });
  }

  #addElf(source: string, place: string, facts: ElfFacts): void {
    if (facts.architecture !== this.#architecture) throw new Error(`${source} is for ${facts.architecture}.`);
    const target = join(this.#target, place);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, loadedPart(source, facts), { mode: 0o755 });
    if (facts.interpreter !== undefined) this.#addLibrary(facts.interpreter);
    const triplet = TRIPLETS[facts.architecture];
    for (const name of facts.needed) this.#addLibrary(this.#find(name, [`/usr/lib/${triplet}`, '/usr/lib']));
  }

  #addLibrary(place: string): void {
    if (this.#libraries.has(basename(place))) return;
    this.#libraries.add(basename(place));
    // Extracted packages lie below /usr; /lib and /lib64 are links into it.
    const source = realpathSync(join(this.#system, place.replace(/^\/lib/, '/usr/lib')));
    const facts = readElf(source);
    if (facts === undefined) throw new Error(`${source} is no ELF file.`);
    this.#addElf(source, place, facts);
  }

  #find(name: string, directories: readonly string[]): string {
    const places = directories.map((directory) => `${directory}/${name}`);
    const place = places.find((path) => existsSync(join(this.#system, path)));
    if (place === undefined) throw new Error(`There is no ${name} in ${this.#system}.`);
    return place;
  }
}
