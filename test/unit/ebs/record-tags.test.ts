import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { DiskRecord } from '../../../drivers/volume/block/cloud.ts';
import { isTooLong, recordOf, TAG, tagsOf } from '../../../drivers/volume/ebs/record-tags.ts';

const records: fc.Arbitrary<DiskRecord> = fc.record({
  name: fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/),
  createdAt: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
  given: fc.dictionary(fc.stringMatching(/^[a-z]{1,12}$/), fc.string({ maxLength: 200 }), { maxKeys: 6 }),
  content: fc.constantFrom('fresh', 'copied', 'own'),
  retained: fc.boolean(),
  lease: fc.option(fc.stringMatching(/^i-[0-9a-f]{17}$/), { nil: undefined }),
});

describe('the record of an EBS volume in its tags', () => {
  it('comes back as it was, in tags that EC2 takes', () => {
    fc.assert(
      fc.property(records, (record) => {
        fc.pre(!isTooLong(record.given));
        const tags = tagsOf(record, 'blue');
        for (const [key, value] of Object.entries(tags)) assert.ok(key.length <= 128 && value.length <= 256);
        assert.ok(Object.keys(tags).length <= 20);
        assert.deepEqual(recordOf(tags, 'blue'), { ...record, given: { ...record.given } });
      }),
    );
  });

  it('is replaced as a whole, however long the options were before', () => {
    fc.assert(
      fc.property(records, records, (before, after) => {
        fc.pre(!isTooLong(before.given) && !isTooLong(after.given));
        const present = tagsOf(before, 'blue');
        const now = { ...present, ...tagsOf(after, 'blue', present) };
        assert.deepEqual(recordOf(now, 'blue'), { ...after, given: { ...after.given } });
      }),
    );
  });

  it('is none of another cluster, nor one that cannot be understood', () => {
    const createdAt = new Date(0);
    const record = {
      name: 'db',
      createdAt,
      given: {},
      content: 'own',
      retained: false,
      lease: undefined,
    } as const;
    const tags = tagsOf(record, 'blue');
    assert.equal(recordOf(tags, 'green'), undefined);
    const broken = [
      { [TAG.createdAt]: 'yesterday' },
      { [TAG.content]: 'unknown' },
      { [TAG.options]: '{"size":1}' },
      { [TAG.options]: '[' },
    ];
    for (const change of broken) assert.equal(recordOf({ ...tags, ...change }, 'blue'), undefined);
    assert.equal(recordOf({ Name: 'db' }, 'blue'), undefined);
  });
});
