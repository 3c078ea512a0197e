import { StowageError } from '../core/errors.ts';
import type { DiskContent } from '../core/ports/host.ts';
import type { DirectDevice } from './direct-device.ts';
import type { RunCommand } from './run-command.ts';
import { listMarks, probeSignature } from './signatures.ts';
import { parseSuperblock, SUPERBLOCK_BYTES } from './superblock.ts';
import { findData, type FoundData } from './zero-scan.ts';

/**
 * What lies on a device. Blank is what blkid and wipefs find nothing on *and* what we have read ourselves and seen to be
 * zeros: blkid says "nothing" of a disk that it cannot read, too, and others have formatted data for it
 * (kubernetes/kubernetes#142243).
 */
export async function examineDevice(run: RunCommand, device: DirectDevice): Promise<DiskContent> {
  if (device.sizeBytes === 0) throw new StowageError('E_HOST_FAILED', `${device.path} has no size`);
  // First, because it is cheap: what has data needs no search for marks that nobody can see.
  const data = await findData(device);
  return data === undefined ? examineZeros(run, device) : examineData(run, device, data);
}

async function examineZeros(run: RunCommand, { path }: DirectDevice): Promise<DiskContent> {
  const seen = (await probeSignature(run, path))?.description ?? (await listMarks(run, path));
  return seen === undefined ? { kind: 'blank' } : { kind: 'other', description: seen };
}

async function examineData(run: RunCommand, device: DirectDevice, data: FoundData): Promise<DiskContent> {
  const signature = await probeSignature(run, device.path);
  if (signature?.type !== undefined) {
    const superblock = parseSuperblock(await device.read(0, Math.min(SUPERBLOCK_BYTES, device.sizeBytes)));
    // blkid tells ext4 from its elders, and newer ones look at checksums; both have to agree.
    if (superblock?.type === signature.type) {
      const { type, sizeBytes, clean } = superblock;
      return { kind: 'file-system', facts: { type, sizeBytes, clean } };
    }
    return { kind: 'other', description: signature.description };
  }
  // No one thing: wipefs lists all there are, those too that a wrong checksum makes blkid disregard.
  const marks =
    signature?.description.startsWith('partition') === true ? undefined : await listMarks(run, device.path);
  const parts = [signature?.description, marks].filter((part) => part !== undefined);
  const unknown = `data of no known format, the first at byte ${data.position}`;
  return { kind: 'other', description: parts.length === 0 ? unknown : parts.join(': ') };
}

/** What was seen, as the end of a sentence. */
export function contentInWords(content: DiskContent): string {
  if (content.kind === 'blank') return 'nothing';
  return content.kind === 'other' ? content.description : `${content.facts.type} file system`;
}
