import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as check, property, string } from 'fast-check';
import { isAtOrBelow, parseMountinfo } from '../../../plugin/host/mountinfo.ts';

/** As the kernel escapes it (show_mountinfo: blank, tab, newline, backslash). */
function escape(text: string): string {
  return text.replace(/[ \t\n\\]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

describe('parseMountinfo', () => {
  it('reads every field', () => {
    const text = '36 35 98:0 /mnt1 /mnt2 rw,noatime shared:7 master:1 - ext3 /dev/root rw,errors=continue\n';
    assert.deepEqual(parseMountinfo(text), [
      {
        id: 36,
        parent: 35,
        device: '98:0',
        root: '/mnt1',
        target: '/mnt2',
        fileSystem: 'ext3',
        source: '/dev/root',
        flags: ['rw', 'noatime'],
        peerGroup: 7,
        masterGroup: 1,
      },
    ]);
  });

  it('leaves the groups out where there are none', () => {
    const [line] = parseMountinfo('24 23 0:22 / /dev/shm rw - tmpfs tmpfs rw');
    assert.ok(line !== undefined);
    assert.ok(!('peerGroup' in line));
    assert.ok(!('masterGroup' in line));
  });

  it('passes over optional fields that it does not know', () => {
    const [line] = parseMountinfo(
      '1 0 0:1 / /x rw unbindable propagate_from:9 master:4 new:1 - tmpfs none rw',
    );
    assert.equal(line?.masterGroup, 4);
    assert.equal(line?.fileSystem, 'tmpfs');
  });

  it('undoes the escapes of any path', () => {
    check(
      property(string({ unit: 'grapheme' }), (name) => {
        const wanted = `/a b/${name}`;
        const [line] = parseMountinfo(`1 0 0:1 ${escape(wanted)} ${escape(wanted)} rw - tmpfs none rw\n`);
        assert.equal(line?.root, wanted);
        assert.equal(line?.target, wanted);
      }),
    );
  });

  it('leaves out what is no whole line', () => {
    for (const text of ['', '\n\n', '36 35 98:0 /mnt1', '36 35 98:0 / /x rw shared:7', 'x']) {
      assert.deepEqual(parseMountinfo(text), [], text);
    }
  });

  it('keeps an empty source apart', () => {
    const [line] = parseMountinfo('1 0 0:1 / /x rw - tmpfs  rw');
    assert.equal(line?.source, '');
  });
});

describe('isAtOrBelow', () => {
  const rows: [inner: string, outer: string, expected: boolean][] = [
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/a', '/', true],
    ['/', '/', true],
    ['/a//deleted', '/a', true],
  ];
  for (const [inner, outer, expected] of rows) {
    it(`${inner} in ${outer}: ${expected}`, () => assert.equal(isAtOrBelow(inner, outer), expected));
  }
});
