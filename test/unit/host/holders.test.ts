import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  claimsAmong,
  placed,
  type PlacedMount,
  shows,
  type WantedThing,
} from '../../../plugin/host/holders.ts';
import { type MountLine, parseMountinfo } from '../../../plugin/host/mountinfo.ts';
import { containerIdOf } from '../../../plugin/host/processes.ts';

const ID = 'f'.repeat(32) + '0123456789abcdef'.repeat(2);
const OTHER_ID = 'a'.repeat(64);

function line(text: string): MountLine {
  const [parsed] = parseMountinfo(text);
  assert.ok(parsed !== undefined);
  return parsed;
}

describe('shows', () => {
  const wanted: WantedThing = { device: '8:1', root: '/data/v', deviceName: 'sda1' };
  const rows: [what: string, text: string, expected: boolean][] = [
    ['the directory', '1 0 8:1 /data/v /x rw - ext4 /dev/sda1 rw', true],
    ['a directory of it', '1 0 8:1 /data/v/sub /x rw - ext4 /dev/sda1 rw', true],
    ['a removed directory of it', '1 0 8:1 /data/v/sub//deleted /x rw - ext4 /dev/sda1 rw', true],
    ['a neighbour whose name begins alike', '1 0 8:1 /data/vv /x rw - ext4 /dev/sda1 rw', false],
    ['the whole file system around it', '1 0 8:1 / /x rw - ext4 /dev/sda1 rw', false],
    ['the same directory of another device', '1 0 8:2 /data/v /x rw - ext4 /dev/sdb1 rw', false],
    ['a btrfs of the disk', '1 0 0:44 /data/v /x rw - btrfs /run/dev/sda1 rw', true],
    ['a btrfs of another disk', '1 0 0:44 /data/v /x rw - btrfs /dev/sdb1 rw', false],
    ['another file system that names the disk', '1 0 0:44 /data/v /x rw - fuse /dev/sda1 rw', false],
  ];
  for (const [what, text, expected] of rows) {
    it(`${what}: ${expected}`, () => assert.equal(shows(line(text), wanted), expected));
  }

  it('takes everything on the device when the thing is its top directory', () => {
    assert.equal(shows(line('1 0 8:1 /a/b /x rw - ext4 /dev/sda1 rw'), { ...wanted, root: '/' }), true);
  });
});

describe('placed', () => {
  const table = parseMountinfo(
    '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n' +
      '2 1 8:1 /engine/mounts /volumes rw - ext4 /dev/sda1 rw\n' +
      '3 2 8:2 / /volumes/db rw - ext4 /dev/sdb1 rw\n',
  );
  const place = (id: number): string | undefined =>
    table.filter((entry) => entry.id === id).map((entry) => placed(entry, table).place)[0];

  it('names the directory below a mount as its own file system knows it', () => {
    assert.equal(place(2), '8:1 /volumes');
    assert.equal(place(3), '8:1 /engine/mounts/db');
  });

  it('knows nothing where the table ends', () => {
    assert.equal(place(1), undefined);
  });
});

describe('claimsAmong', () => {
  const HERE = '8:1 /mounts/v';
  const mount = (groups: string, place: string | undefined = HERE, id = 1): PlacedMount => ({
    line: line(`${id} 0 8:1 / /x rw ${groups} - ext4 /dev/sda1 rw`),
    place,
  });
  const own = mount('shared:5');
  const claims = (groups: string[], ours: PlacedMount | undefined): number[] => {
    const mounts = groups.map((text, index) => mount(text, HERE, index));
    return [...claimsAmong(mounts, ours)].map(({ line: { id } }) => id);
  };

  it('keeps private mounts and those of other groups', () => {
    assert.deepEqual(claims(['', 'shared:6', 'master:7', 'shared:8 master:9'], own), [0, 1, 2, 3]);
  });

  it('drops peers and slaves of our mount in its place', () => {
    assert.deepEqual(claims(['shared:5', 'master:5', 'shared:6 master:5', ''], own), [3]);
  });

  it('keeps peers and slaves of our mount in other places: containers have them', () => {
    const container = [
      mount('master:5', '0:50 /data'),
      mount('shared:5', '8:1 /data'),
      { ...mount('master:5'), place: undefined },
    ];
    assert.deepEqual([...claimsAmong(container, own)], container);
  });

  it('drops copies of copies, in whatever order they are found', () => {
    const groups = ['master:7', 'shared:7 master:6', 'shared:6 master:5', 'shared:8 master:9'];
    assert.deepEqual(claims(groups, own), [3]);
    assert.deepEqual(claims(groups.toReversed(), own), [0]);
  });

  it('keeps everything when we have no shared mount of our own', () => {
    assert.deepEqual(claims(['shared:5', 'master:5'], undefined), [0, 1]);
    assert.deepEqual(claims(['shared:5', 'master:5'], mount('')), [0, 1]);
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
