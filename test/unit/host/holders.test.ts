import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containerIdOf, holds, type WantedThing } from '../../../plugin/host/holders.ts';
import { type MountLine, parseMountinfo } from '../../../plugin/host/mountinfo.ts';

const ID = 'f'.repeat(32) + '0123456789abcdef'.repeat(2);
const OTHER_ID = 'a'.repeat(64);

function line(text: string): MountLine {
  const [parsed] = parseMountinfo(text);
  assert.ok(parsed !== undefined);
  return parsed;
}

describe('holds', () => {
  const wanted: WantedThing = { device: '8:1', root: '/data/v', deviceName: 'sda1', peerGroup: 5 };
  const rows: [what: string, text: string, expected: boolean][] = [
    ['a private copy', '1 0 8:1 /data/v /x rw - ext4 /dev/sda1 rw', true],
    ['a directory of it', '1 0 8:1 /data/v/sub /x rw - ext4 /dev/sda1 rw', true],
    ['a removed directory of it', '1 0 8:1 /data/v/sub//deleted /x rw - ext4 /dev/sda1 rw', true],
    ['a neighbour whose name begins alike', '1 0 8:1 /data/vv /x rw - ext4 /dev/sda1 rw', false],
    ['the whole file system around it', '1 0 8:1 / /x rw - ext4 /dev/sda1 rw', false],
    ['the same directory of another device', '1 0 8:2 /data/v /x rw - ext4 /dev/sdb1 rw', false],
    ['a peer of our mount', '1 0 8:1 /data/v /x rw shared:5 - ext4 /dev/sda1 rw', false],
    ['a slave of our mount', '1 0 8:1 /data/v /x rw master:5 - ext4 /dev/sda1 rw', false],
    ['a peer of another mount', '1 0 8:1 /data/v /x rw shared:6 - ext4 /dev/sda1 rw', true],
    ['a btrfs of the disk', '1 0 0:44 /data/v /x rw - btrfs /run/dev/sda1 rw', true],
    ['a btrfs of another disk', '1 0 0:44 /data/v /x rw - btrfs /dev/sdb1 rw', false],
    ['another file system that names the disk', '1 0 0:44 /data/v /x rw - fuse /dev/sda1 rw', false],
  ];
  for (const [what, text, expected] of rows) {
    it(`${what}: ${expected}`, () => assert.equal(holds(line(text), wanted), expected));
  }

  it('counts copies too when we have no mount of our own', () => {
    const copy = line('1 0 8:1 /data/v /x rw shared:5 - ext4 /dev/sda1 rw');
    assert.equal(holds(copy, { ...wanted, peerGroup: undefined }), true);
  });

  it('takes everything on the device when the thing is its top directory', () => {
    assert.equal(holds(line('1 0 8:1 /a/b /x rw - ext4 /dev/sda1 rw'), { ...wanted, root: '/' }), true);
  });
});

describe('containerIdOf', () => {
  const rows: [what: string, text: string, expected: string | undefined][] = [
    ['version 1', `12:pids:/docker/${ID}\n1:name=systemd:/docker/${ID}\n`, ID],
    ['version 2 with systemd', `0::/system.slice/docker-${ID}.scope\n`, ID],
    ['version 2 without systemd', `0::/docker/${ID}\n`, ID],
    ['seen from another namespace', `0::/../../docker/${ID}\n`, ID],
    ['nested', `0::/docker/${OTHER_ID}/docker/${ID}\n`, ID],
    ['only in a later line', `12:cpu:/\n1:name=systemd:/docker/${ID}\n`, ID],
    ['no container', '0::/user.slice/user-0.slice/session-1.scope\n', undefined],
    ['empty', '', undefined],
  ];
  for (const [what, text, expected] of rows) {
    it(what, () => assert.equal(containerIdOf(text), expected));
  }
});
