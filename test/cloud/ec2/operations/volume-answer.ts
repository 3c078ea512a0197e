import type { Attachment, Volume } from '../model.ts';
import { tagSet } from '../tag-rules.ts';
import type { World } from '../world.ts';
import type { XmlValue } from '../xml.ts';

/** A volume as describes show it. */
export function volumeAnswer(volume: Volume): { readonly [name: string]: XmlValue } {
  const { shape } = volume;
  return {
    volumeId: volume.id,
    size: shape.sizeGib,
    snapshotId: volume.snapshotId,
    availabilityZone: volume.zone,
    status: volume.state,
    createTime: new Date(volume.createdAt),
    attachmentSet: volume.attachments.map(attachmentAnswer),
    tagSet: tagSet(volume.tags),
    volumeType: shape.type,
    iops: shape.iops,
    throughput: shape.throughput,
    encrypted: volume.encrypted,
    kmsKeyId: volume.kmsKeyId,
    multiAttachEnabled: shape.multiAttach,
  };
}

/** An attachment as volumes, attach and detach show it. */
export function attachmentAnswer(attachment: Attachment): { readonly [name: string]: XmlValue } {
  return {
    volumeId: attachment.volumeId,
    instanceId: attachment.instanceId,
    device: attachment.device,
    status: attachment.state,
    attachTime: new Date(attachment.attachedAt),
    deleteOnTermination: attachment.deleteOnTermination,
  };
}

/** Puts a key's name into the form that answers have. */
export function keyArn(world: World, key: string): string {
  if (key.startsWith('arn:')) return key;
  const name = key.startsWith('alias/') ? key : `key/${key}`;
  return `arn:aws:kms:${world.parts.region}:${world.parts.account}:${name}`;
}
