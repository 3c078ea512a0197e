import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MS, mountAttributes, parseMountOptions } from '../../../plugin/host/mount-options.ts';

describe('parseMountOptions', () => {
  const rows: [options: string[], flags: number, data: string | null][] = [
    [[], 0, null],
    [['defaults'], 0, null],
    [['ro', 'nosuid', 'nodev', 'noexec'], MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC, null],
    [['ro', 'rw'], 0, null],
    [['noatime', 'relatime'], MS.RELATIME, null],
    [['relatime', 'noatime'], MS.NOATIME, null],
    [['strictatime'], MS.STRICTATIME, null],
    [['sync', 'dirsync', 'lazytime'], MS.SYNCHRONOUS | MS.DIRSYNC | MS.LAZYTIME, null],
    [['data=ordered', 'noatime', 'commit=5'], MS.NOATIME, 'data=ordered,commit=5'],
    [['size=1m', 'mode=700'], 0, 'size=1m,mode=700'],
    [['nofail', '_netdev', 'x-systemd.automount', 'X-mount.mkdir', 'comment=hi', ''], 0, null],
    [['constructor', 'toString'], 0, 'constructor,toString'],
  ];
  for (const [options, flags, data] of rows) {
    it(`[${options.join()}]`, () => assert.deepEqual(parseMountOptions(options), { flags, data }));
  }
});

describe('mountAttributes', () => {
  it('has a bit of its own for every flag of a mount', () => {
    const flags = MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.NODIRATIME | MS.NOSYMFOLLOW;
    assert.deepEqual(mountAttributes(flags), { set: 0x20008f, clear: 0 });
  });

  it('clears the kind of access times before it sets another', () => {
    assert.deepEqual(mountAttributes(MS.NOATIME), { set: 0x10, clear: 0x70 });
    assert.deepEqual(mountAttributes(MS.STRICTATIME), { set: 0x20, clear: 0x70 });
    assert.deepEqual(mountAttributes(MS.RELATIME), { set: 0, clear: 0x70 });
  });
});
