import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kindOf, localOptions } from '../../../drivers/volume/local/options.ts';
import { StowageError } from '../../../plugin/core/errors.ts';

type Raw = Readonly<Record<string, string>>;

/** The message of the E_INVALID_OPTION that parsing ends in. */
function fault(raw: Raw): string {
  try {
    localOptions.parse(raw);
  } catch (thrown) {
    assert.ok(thrown instanceof StowageError);
    assert.equal(thrown.code, 'E_INVALID_OPTION');
    return thrown.message;
  }
  return 'no fault';
}

describe('local options', () => {
  const taken: readonly (readonly [raw: Raw, given: Raw, kind: string])[] = [
    [{}, {}, 'directory'],
    [{ uid: '1000', gid: '1000', mode: '750' }, { uid: '1000', gid: '1000', mode: '0750' }, 'directory'],
    [{ mountOptions: 'ro,noatime' }, { mountOptions: 'ro,noatime' }, 'directory'],
    [{ from: 'db' }, { from: 'db' }, 'directory'],
    [{ size: '1' }, { size: '1073741824B' }, 'image'],
    [{ capacity: '16MiB' }, { size: '16777216B' }, 'image'],
    [{ size: '300MiB', fs: 'xfs' }, { size: '314572800B', fsType: 'xfs' }, 'image'],
    [
      { size: '128MiB', fsType: 'btrfs', o: 'compress=zstd:3' },
      { size: '134217728B', fsType: 'btrfs', mountOptions: 'compress=zstd:3' },
      'image',
    ],
    [
      { size: '1', mkfsOptions: '-m 0  -i 8192' },
      { size: '1073741824B', mkfsOptions: '-m0 -i8192' },
      'image',
    ],
    [{ size: '1', reclaimPolicy: 'retain' }, { size: '1073741824B', reclaimPolicy: 'retain' }, 'image'],
    [{ path: '/srv/data/' }, { path: '/srv/data' }, 'path'],
    [{ mountpoint: '/srv/data', mountOptions: 'ro' }, { path: '/srv/data', mountOptions: 'ro' }, 'path'],
    [
      { medium: 'memory', size: '64m', mode: '1777' },
      { medium: 'memory', size: '67108864B', mode: '1777' },
      'memory',
    ],
  ];
  for (const [raw, given, kind] of taken) {
    it(`takes ${JSON.stringify(raw)} as a ${kind} volume`, () => {
      const parsed = localOptions.parse(raw);
      assert.deepEqual(parsed.given, given);
      assert.equal(kindOf(parsed.effective), kind);
      assert.deepEqual(localOptions.parse(parsed.given), parsed);
    });
  }

  const refused: readonly (readonly [raw: Raw, message: RegExp])[] = [
    [{ size: '15MiB' }, /^size is too small for ext4; the least is 16MiB$/],
    [{ size: '299MiB', fsType: 'xfs' }, /^size is too small for xfs; the least is 300MiB$/],
    [{ size: '127MiB', fsType: 'btrfs' }, /^size is too small for btrfs; the least is 128MiB$/],
    [{ fsType: 'xfs' }, /^fsType needs size/],
    [{ mkfsOptions: '-m0' }, /^mkfsOptions needs size/],
    [{ medium: 'memory' }, /^medium=memory needs size/],
    [{ medium: 'memory', size: '1g', fsType: 'ext4' }, /^medium=memory and fsType exclude each other/],
    [{ medium: 'memory', size: '1g', from: 'x' }, /^medium=memory and from exclude each other/],
    [{ medium: 'memory', size: '1g', reclaimPolicy: 'retain' }, /memory keeps nothing/],
    [{ medium: 'ram' }, /^medium="ram" is not one of disk, memory$/],
    [{ path: '/srv', size: '1g' }, /^path and size exclude each other/],
    [{ path: '/srv', uid: '0' }, /^path and uid exclude each other/],
    [{ path: '/srv', from: 'x' }, /^path and from exclude each other/],
    [{ path: '/srv', reclaimPolicy: 'delete' }, /a host directory is never deleted/],
    [{ path: '/srv', reclaimPolicy: 'retain' }, /a host directory is never deleted/],
    [{ path: 'srv' }, /^path="srv" is not an absolute path/],
    [{ from: '../x' }, /^from="..\/x" is not a volume name$/],
  ];
  for (const [raw, message] of refused) {
    it(`refuses ${JSON.stringify(raw)}`, () => assert.match(fault(raw), message));
  }
});

describe('mountOptions', () => {
  for (const option of [
    'exec',
    'suid',
    'dev',
    'bind',
    'remount',
    'loop',
    'uid=0',
    'lowerdir=/',
    'user',
    'noatime;rm',
    'size=9g',
    'context=x',
  ]) {
    for (const raw of [
      {},
      { size: '1' },
      { size: '1', fsType: 'xfs' },
      { size: '1', fsType: 'btrfs' },
      { medium: 'memory', size: '1' },
    ]) {
      it(`refuses ${option} for ${JSON.stringify(raw)}`, () => {
        assert.match(
          fault({ ...raw, mountOptions: `noatime,${option}` }),
          new RegExp(`^mountOptions.*"${option}"`),
        );
      });
    }
  }

  it('takes what one kind has only for that kind', () => {
    assert.match(
      fault({ size: '1', mountOptions: 'compress=zstd' }),
      /^mountOptions has "compress=zstd", which a volume of this kind/,
    );
    assert.match(
      fault({ mountOptions: 'data=journal' }),
      /^mountOptions has "data=journal", which a volume of this kind/,
    );
    assert.match(fault({ path: '/srv', mountOptions: 'commit=5' }), /^mountOptions has "commit=5"/);
  });
});

describe('mkfsOptions', () => {
  const dangerous: readonly (readonly [fsType: string, options: string])[] = [
    ['ext4', '-d /etc'],
    ['ext4', '-d etc'],
    ['ext4', '-J device=/dev/sda'],
    ['ext4', '-J device=LABEL=x'],
    ['ext4', '-O journal_dev'],
    ['ext4', '-l badblocks'],
    ['ext4', '-F'],
    ['ext4', '-F -F'],
    ['ext4', '-c'],
    ['ext4', '-E offset=1048576'],
    ['ext4', '-m0 /dev/sda'],
    ['ext4', '/dev/sda'],
    ['ext4', '--help'],
    ['ext4', '-'],
    ['ext4', '-m0\t-d\t/etc'],
    ['ext4', '-L $(id)'],
    ['ext4', "-L 'x y'"],
    ['ext4', '-S'],
    ['ext4', '-n'],
    ['ext4', '-V'],
    ['xfs', '-f'],
    ['xfs', '-d file=1,name=x'],
    ['xfs', '-l logdev=/dev/sda'],
    ['xfs', '-r rtdev=/dev/sda'],
    ['xfs', '-p proto'],
    ['xfs', '-c options=/etc/x'],
    ['xfs', '-N'],
    ['btrfs', '--rootdir /etc'],
    ['btrfs', '-r /etc'],
    ['btrfs', '-f'],
    ['btrfs', '-d raid0'],
    ['btrfs', '-U x y'],
  ];
  for (const [fsType, mkfsOptions] of dangerous) {
    it(`refuses ${JSON.stringify(mkfsOptions)} for ${fsType}`, () => {
      assert.match(fault({ size: '1', fsType, mkfsOptions }), /^mkfsOptions/);
    });
  }
});
