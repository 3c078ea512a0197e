import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockFields } from '../../../drivers/volume/block/fields.ts';
import {
  BLOCK_DEFAULTS,
  type BlockOptions,
  checkBlockOptions,
} from '../../../drivers/volume/block/options.ts';
import { identifierField } from '../../../drivers/volume/block/values.ts';
import { defineOptions } from '../../../plugin/core/options.ts';

const word = identifierField(/^[a-z0-9-]+$/, 'an identifier');
const options = defineOptions<BlockOptions>(
  blockFields({ volumeTypes: ['fast', 'slow'], zone: word, snapshot: word, kmsKeyId: word, volumeId: word }),
  { defaults: BLOCK_DEFAULTS, check: checkBlockOptions },
);

describe('options of cloud disks', () => {
  it('understand the spellings of REX-Ray, Cloudstor and the CSI drivers', () => {
    const { given } = options.parse({
      size: '20',
      ebstype: 'fast',
      'provisioned-iops-on-create': '3000',
      az: 'a-1',
      'csi.storage.k8s.io/fstype': 'xfs',
      'delete-on-remove': 'false',
      Encryption: 'yes',
      labels: 'team=db, stage=prod',
    });
    assert.deepEqual(given, {
      size: '21474836480B',
      volumeType: 'fast',
      iops: '3000',
      availabilityZone: 'a-1',
      fsType: 'xfs',
      reclaimPolicy: 'retain',
      encrypted: 'true',
      tags: 'team=db,stage=prod',
    });
  });

  it('take a smaller size for what is there already, and keep the larger beside another change', () => {
    const present = options.parse({ size: '2GiB' }).given;
    const compare = (asked: Record<string, string>): unknown =>
      options.compare(present, options.parse(asked, present).given);
    assert.deepEqual(compare({ size: '1GiB' }), { kind: 'equal' });
    assert.deepEqual(compare({ size: '1GiB', preempt: 'never' }), {
      kind: 'change',
      grows: false,
      changed: { preempt: 'never' },
    });
  });

  const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{}, /size is missing/],
    [{ size: '1GiB', readOnly: 'true' }, /readOnly needs/],
    [{ size: '1GiB', partition: '1' }, /partition needs/],
    [{ snapshot: 'snap-1', volumeId: 'vol-1' }, /exclude each other/],
    [{ volumeId: 'vol-1', reclaimPolicy: 'delete' }, /never deleted/],
    [{ volumeId: 'vol-1', mkfsOptions: '-m 1' }, /taken as it is/],
    [{ size: '1GiB', kmsKeyId: 'k', encrypted: 'false' }, /exclude each other/],
    [{ size: '1GiB', mountOptions: 'compress' }, /ext4 does not take/],
    [{ size: '1GiB', volumeType: 'medium' }, /is not one of fast, slow/],
    [{ size: '1GiB', iops: '0' }, /whole number above 0/],
    [{ size: '1GiB', encrypted: 'maybe' }, /is not true or false/],
    [{ size: '1GiB', tags: 'novalue' }, /is not key=value/],
    [{ size: '1GiB', snapshot: '../x' }, /is not an identifier/],
  ];
  for (const [given, reason] of refused)
    it(`refuse ${JSON.stringify(given)}`, () => assert.throws(() => options.parse(given), reason));

  it('let performance, policy and mount options change, and size grow', () => {
    const present = { size: '1073741824B', volumeType: 'slow' };
    const compare = (asked: Record<string, string>): string => options.compare(present, asked).kind;
    assert.equal(compare({ volumeType: 'fast', iops: '9', reclaimPolicy: 'snapshot' }), 'change');
    assert.equal(compare({ size: '2147483648B' }), 'change');
    assert.equal(compare({ size: '536870912B' }), 'equal');
    assert.equal(compare({ fsType: 'xfs' }), 'different');
  });
});
