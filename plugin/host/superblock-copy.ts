import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { draftOf, syncDirectory } from './durable.ts';

/** Where ext4 has its superblock (Documentation/filesystems/ext4/super.rst). */
const SUPERBLOCK = { at: 1024, bytes: 1024 };

/**
 * The superblock of an ext4 image, kept beside it while a tool may write it. e2fsprogs writes a changed superblock in
 * pieces, so a kill in between leaves one whose checksum is wrong, and then no tool takes the image any more.
 */
function copyOf(image: string): string {
  return `${image}.superblock`;
}

/** Keeps the superblock until it is forgotten; durable when it resolves. Devices have no place beside them: nothing is kept. */
export async function keepSuperblock(image: string): Promise<void> {
  if (!(await isImage(image))) return;
  const draft = draftOf(copyOf(image));
  const [source, target] = [await open(image, 'r'), await open(draft, 'w', 0o600)];
  try {
    const { buffer } = await source.read(Buffer.alloc(SUPERBLOCK.bytes), 0, SUPERBLOCK.bytes, SUPERBLOCK.at);
    await target.writeFile(buffer);
    await target.sync();
  } finally {
    await source.close();
    await target.close();
  }
  await rename(draft, copyOf(image));
  await syncDirectory(dirname(image));
}

/** Writes a superblock back that was kept when the tool was killed. True when there was one; it stays kept. */
export async function bringSuperblockBack(image: string): Promise<boolean> {
  if (!existsSync(copyOf(image))) return false;
  const superblock = await readFile(copyOf(image));
  const handle = await open(image, 'r+');
  try {
    await handle.write(superblock, 0, SUPERBLOCK.bytes, SUPERBLOCK.at);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

/** The tool has ended by itself: the superblock is whole. None kept is fine. */
export async function forgetSuperblock(image: string): Promise<void> {
  if (!existsSync(copyOf(image))) return;
  await rm(copyOf(image), { force: true });
  await syncDirectory(dirname(image));
}

/** An image that is not there is for the tool to complain of. */
async function isImage(path: string): Promise<boolean> {
  return existsSync(path) && (await stat(path)).isFile();
}
