import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StowageError } from '../../../plugin/core/errors.ts';
import { idField, sizeField, wordField } from '../../../plugin/core/option-fields.ts';
import { defineOptions } from '../../../plugin/core/options.ts';

interface DiskOptions {
  readonly size: number | undefined;
  readonly fsType: 'ext4' | 'xfs';
  readonly reclaimPolicy: 'delete' | 'retain';
  readonly uid: number;
}

const options = defineOptions<DiskOptions>(
  {
    size: { schema: sizeField, aliases: ['capacity'], help: 'Size.', inherited: true, growable: true },
    fsType: {
      schema: wordField(['ext4', 'xfs']),
      aliases: ['fs', 'csi.storage.k8s.io/fstype'],
      help: 'File system.',
      inherited: true,
    },
    reclaimPolicy: {
      schema: wordField(['delete', 'retain']),
      aliases: ['delete-on-remove', 'sticky'],
      translations: {
        'delete-on-remove': { true: 'delete', false: 'retain' },
        sticky: { true: 'retain', false: 'delete' },
      },
      help: 'Policy.',
      changeable: true,
    },
    uid: { schema: idField, aliases: [], help: 'Owner.' },
  },
  {
    defaults: { size: undefined, fsType: 'ext4', reclaimPolicy: 'delete', uid: 0 },
    check: ({ size, uid }) => (size === undefined && uid === 13 ? 'uid 13 needs size' : undefined),
  },
);

/** The message of the E_INVALID_OPTION that parsing ends in. */
function fault(raw: Readonly<Record<string, string>>): string {
  try {
    options.parse(raw);
  } catch (thrown) {
    assert.ok(thrown instanceof StowageError);
    assert.equal(thrown.code, 'E_INVALID_OPTION');
    return thrown.message;
  }
  return 'no fault';
}

describe('parsing options', () => {
  it('stores canonical names and spellings of what was given, and adds defaults only to what is effective', () => {
    const parsed = options.parse({ Capacity: '1', FS: 'XFS' });
    assert.deepEqual(parsed.given, { size: '1073741824B', fsType: 'xfs' });
    assert.deepEqual(parsed.effective, {
      size: 1_073_741_824,
      fsType: 'xfs',
      reclaimPolicy: 'delete',
      uid: 0,
    });
  });

  it('gives the same from what it stored', () => {
    const once = options.parse({ size: '1.5 GiB', sticky: 'true', uid: '007' });
    assert.deepEqual(options.parse(once.given), once);
  });

  for (const spelling of [
    'fsType',
    'fstype',
    'FSTYPE',
    'fs-type',
    'fs_type',
    'FS-Type',
    'fs',
    'Fs',
    'csi.storage.k8s.io/fsType',
  ]) {
    it(`takes ${spelling} for fsType`, () =>
      assert.deepEqual(options.parse({ [spelling]: 'xfs' }).given, { fsType: 'xfs' }));
  }

  it('cuts blanks around a value', () => assert.deepEqual(options.parse({ uid: ' 5 ' }).given, { uid: '5' }));

  const translated: readonly (readonly [key: string, value: string, policy: string])[] = [
    ['delete-on-remove', 'true', 'delete'],
    ['deleteOnRemove', 'FALSE', 'retain'],
    ['sticky', 'true', 'retain'],
    ['Sticky', 'false', 'delete'],
    ['sticky', 'retain', 'retain'],
  ];
  for (const [key, value, policy] of translated) {
    it(`takes ${key}=${value} for reclaimPolicy=${policy}`, () => {
      assert.deepEqual(options.parse({ [key]: value }).given, { reclaimPolicy: policy });
    });
  }

  it('takes the same option twice when both say the same', () => {
    assert.deepEqual(options.parse({ size: '1g', capacity: '1024MiB' }).given, { size: '1073741824B' });
  });

  const faults: readonly (readonly [raw: Readonly<Record<string, string>>, message: RegExp])[] = [
    [{ sizee: '1' }, /^"sizee" is not an option of this backend \(did you mean "size"\?\)$/],
    [{ capcity: '1' }, /did you mean "capacity"\?/],
    [{ bakend: 'x' }, /did you mean "backend"\?/],
    [
      { encryption: 'on' },
      /"encryption" is not an option .*the options are size, fsType, reclaimPolicy, uid\)$/,
    ],
    [{ '': 'x' }, /^"" is not an option/],
    [{ 'a\nb': 'x' }, /^"a\\nb" is not an option/],
    [{ constructor: 'x' }, /^"constructor" is not an option/],
    [{ size: 'huge' }, /^size="huge" is not a size; write 10GiB/],
    [{ Size: 'huge' }, /^Size="huge" is not a size/],
    [{ fs: 'zfs' }, /^fs="zfs" is not one of ext4, xfs$/],
    [{ sticky: 'maybe' }, /^sticky="maybe" is not one of delete, retain$/],
    [{ sticky: 'constructor' }, /^sticky="constructor" is not one of delete, retain$/],
    [{ size: '1', capacity: '2' }, /^size is given twice with different values$/],
    [{ uid: '13' }, /^uid 13 needs size$/],
  ];
  for (const [raw, message] of faults)
    it(`refuses ${JSON.stringify(raw)}`, () => assert.match(fault(raw), message));

  it('refuses a key that JavaScript treats in its own way', () => {
    const raw = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    assert.match(fault(raw), /^"__proto__" is not an option/);
  });

  it('names all faults at once', () => {
    assert.match(fault({ size: 'x', fsType: 'y', nonsense: 'z' }), /size=.*; fsType=.*; "nonsense" is not/);
  });

  it('keeps the fault short, however long the input', () => {
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`nonsense${String(index)}`, 'x'.repeat(9_000)]),
    );
    assert.ok(fault(many).length <= 601);
    assert.ok(fault({ size: 'x'.repeat(60_000) }).length < 200);
    assert.ok(fault({ ['x'.repeat(60_000)]: 'x' }).length < 200);
  });
});

describe('comparing options', () => {
  const compare = (existing: Readonly<Record<string, string>>, asked: Readonly<Record<string, string>>) =>
    options.compare(options.parse(existing).given, options.parse(asked).given);

  it('finds equal what means the same', () => {
    assert.deepEqual(compare({ size: '1g' }, { capacity: '1024MiB' }), { kind: 'equal' });
    assert.deepEqual(compare({ fsType: 'ext4' }, {}), { kind: 'equal' });
    assert.deepEqual(compare({}, { fsType: 'EXT4', uid: '0' }), { kind: 'equal' }, 'defaults count');
  });

  it('finds a larger growable option', () => {
    assert.deepEqual(compare({ size: '1g' }, { size: '2g' }), {
      kind: 'change',
      grows: true,
      changed: { size: '2147483648B' },
    });
    assert.deepEqual(compare({ size: '1g', uid: '3' }, { size: '2g', uid: '3' }), {
      kind: 'change',
      grows: true,
      changed: { size: '2147483648B' },
    });
  });

  it('finds another value of a changeable option', () => {
    assert.deepEqual(compare({}, { reclaimPolicy: 'retain' }), {
      kind: 'change',
      grows: false,
      changed: { reclaimPolicy: 'retain' },
    });
    assert.deepEqual(compare({ sticky: 'true' }, { reclaimPolicy: 'delete' }), {
      kind: 'change',
      grows: false,
      changed: { reclaimPolicy: 'delete' },
    });
    assert.deepEqual(compare({ size: '1g' }, { size: '2g', sticky: 'true' }), {
      kind: 'change',
      grows: true,
      changed: { size: '2147483648B', reclaimPolicy: 'retain' },
    });
    assert.deepEqual(compare({}, { reclaimPolicy: 'delete' }), { kind: 'equal' });
  });

  it('names what differs', () => {
    assert.deepEqual(compare({ size: '2g' }, { size: '1g' }), {
      kind: 'different',
      difference: 'size is 2147483648B, not 1073741824B',
    });
    assert.deepEqual(compare({}, { size: '1g' }), {
      kind: 'different',
      difference: 'size is not set, not 1073741824B',
    });
    assert.deepEqual(compare({}, { fsType: 'xfs' }), {
      kind: 'different',
      difference: 'fsType is ext4, not xfs',
    });
    assert.deepEqual(compare({ uid: '1' }, { uid: '2' }), {
      kind: 'different',
      difference: 'uid is 1, not 2',
    });
  });

  it('is different when anything is, even when something else is larger', () => {
    assert.equal(compare({ size: '1g' }, { size: '2g', uid: '5' }).kind, 'different');
  });
});

describe('parsing options for a volume that exists', () => {
  it('takes what makes sense together with what it has', () => {
    const present = options.parse({ size: '1g' }).given;
    assert.deepEqual(options.parse({ uid: '13' }, present).given, { uid: '13' });
    assert.throws(() => options.parse({ uid: '13' }, {}), { message: 'uid 13 needs size' });
  });
});

describe('inheriting options', () => {
  it('takes what a clone shares, its own wishes first', () => {
    const source = { size: '1B', fsType: 'xfs', reclaimPolicy: 'retain', uid: '5' };
    assert.deepEqual(options.inherit(source, { size: '2B' }), { size: '2B', fsType: 'xfs' });
  });
});
