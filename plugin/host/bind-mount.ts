import { closeSync, readFileSync } from 'node:fs';
import { MS, mountAttributes, parseMountOptions } from './mount-options.ts';
import { parseMountinfo } from './mountinfo.ts';
import { errnoOf } from './system-call-error.ts';
import { attachMount, cloneMount, mount, setMountAttributes, umount2 } from './system-calls.ts';

const UMOUNT_DETACH = 2;
const UMOUNT_NO_FOLLOW = 8;

/**
 * Makes `target` another view of the directory `source`, with flags of its own. Where the kernel can (5.12), the mount
 * gets its flags before it is attached, so that nobody sees it without them, above all not the other mount namespaces
 * that get a copy at that moment and never hear of later changes.
 */
export function bindMount(source: string, target: string, options: readonly string[]): void {
  const { flags } = parseMountOptions(options);
  if (flags === 0) return mount(source, target, null, MS.BIND, null);
  try {
    bindWhole(source, target, flags);
  } catch (error) {
    if (errnoOf(error) !== 'ENOSYS') throw error;
    bindInSteps(source, target, flags);
  }
}

function bindWhole(source: string, target: string, flags: number): void {
  const fd = cloneMount(source);
  try {
    const { set, clear } = mountAttributes(flags);
    setMountAttributes(fd, set, clear);
    attachMount(fd, target);
  } finally {
    // A mount that was attached nowhere ends here.
    closeSync(fd);
  }
}

/**
 * For older kernels: bind, change the flags, and bind the result over itself, since only a new mount is copied to
 * other mount namespaces. Exported for its test.
 */
export function bindInSteps(source: string, target: string, flags: number): void {
  mount(source, target, null, MS.BIND, null);
  try {
    mount(null, target, null, MS.REMOUNT | MS.BIND | flags | inheritedFlags(target), null);
    mount(target, target, null, MS.BIND, null);
  } catch (error) {
    umount2(target, UMOUNT_DETACH | UMOUNT_NO_FOLLOW);
    throw error;
  }
}

/** A remount drops every flag it does not name, so what the source forbade has to be named again. */
function inheritedFlags(target: string): number {
  return parseMountOptions(restrictionsOf(target)).flags;
}

/** What the mount on `target` forbids, as option words. */
export function restrictionsOf(target: string): string[] {
  const lines = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  const line = lines.findLast((entry) => entry.target === target);
  return (line?.flags ?? []).filter((flag) =>
    ['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow'].includes(flag),
  );
}
