import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { DiskRecord } from '../../../drivers/volume/block/cloud.ts';
import { escapeName, fromBase32, toBase32, unescapeName } from '../../../drivers/volume/gce-pd/label-text.ts';
import {
  diskNameOf,
  idOf,
  placeInLink,
  placeOf,
  snapshotNameOf,
} from '../../../drivers/volume/gce-pd/names.ts';
import {
  foreignLabels,
  labelsLeft,
  labelsOf,
  recordOf,
  snapshotLabels,
  takerOf,
} from '../../../drivers/volume/gce-pd/record-labels.ts';
import { newLabels } from '../../cloud/gce/labels.ts';

const GCE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

const volumeName = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/);
const machine = fc
  .tuple(fc.constantFrom('europe-west3-a', 'northamerica-northeast1-a'), fc.stringMatching(GCE_NAME))
  .map(([zone, name]) => `${zone}/${name}`);
const record: fc.Arbitrary<DiskRecord> = fc.record({
  name: volumeName,
  createdAt: fc.integer({ min: 0, max: 4e12 }).map((time) => new Date(time)),
  given: fc.dictionary(
    fc.stringMatching(/^[a-zA-Z]{1,12}$/),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    {
      maxKeys: 8,
    },
  ),
  content: fc.constantFrom('fresh', 'copied', 'own'),
  retained: fc.boolean(),
  lease: fc.option(machine, { nil: undefined }),
});

describe('a record in labels', () => {
  it('comes out as it went in, in labels that GCE takes', () => {
    fc.assert(
      fc.property(record, (wanted) => {
        if (labelsLeft(wanted.given, 0) < 0) return;
        const labels = labelsOf(wanted, 'default');
        // The stand-in's rules, which are Google's.
        assert.doesNotThrow(() => newLabels(labels));
        assert.deepEqual(recordOf({ ...labels, team: 'db' }, 'default'), {
          ...wanted,
          given: { ...wanted.given },
        });
        assert.equal(recordOf(labels, 'other'), undefined);
        assert.deepEqual(foreignLabels({ ...labels, team: 'db' }), { team: 'db' });
      }),
    );
  });

  it('is none where a label is missing, spoilt or of another cluster', () => {
    const labels = labelsOf(
      {
        name: 'Db.1',
        createdAt: new Date(1),
        given: { size: '1B' },
        content: 'own',
        retained: false,
        lease: undefined,
      },
      'default',
    );
    assert.equal(labels['stowage-name'], '_db_-1');
    for (const key of ['stowage-name', 'stowage-created-at', 'stowage-content', 'stowage-options'])
      for (const value of [undefined, 'nonsense', '0189'])
        if (key !== 'stowage-name' || value === undefined) {
          const { [key]: _, ...others } = labels;
          const spoilt = value === undefined ? others : { ...others, [key]: value };
          if (key === 'stowage-created-at' && value === '0189') continue;
          assert.equal(recordOf(spoilt, 'default'), undefined, `${key}=${String(value)}`);
        }
  });

  it('counts how many labels are left', () => {
    assert.ok(labelsLeft({ size: '1073741824B', fsType: 'ext4' }, 20) >= 0);
    assert.ok(labelsLeft({ tags: 'x'.repeat(3_000) }, 20) < 0);
  });

  it('tells whose a snapshot is', () => {
    const labels = snapshotLabels('default', 'Db', 'clone', 'europe-west3-a/one');
    assert.doesNotThrow(() => newLabels(labels));
    assert.equal(takerOf(labels), 'europe-west3-a/one');
    assert.equal(takerOf({}), undefined);
  });
});

describe('names in labels', () => {
  it('come out as they went in, and no two are alike', () => {
    fc.assert(
      fc.property(volumeName, volumeName, (one, other) => {
        assert.equal(unescapeName(escapeName(one)), one);
        assert.match(escapeName(one), /^[a-z0-9_-]+$/);
        if (one !== other) assert.notEqual(escapeName(one), escapeName(other));
      }),
    );
  });

  it('and any text in base 32', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = toBase32(text);
        assert.match(encoded, /^[a-z2-7]*$/);
        assert.equal(fromBase32(encoded), text);
      }),
    );
    assert.equal(toBase32('foobar'), 'mzxw6ytboi');
    for (const wrong of ['a', '1', 'MZXW6', 'mzxw6ytboj']) assert.equal(fromBase32(wrong), undefined);
  });
});

describe('names of disks and snapshots', () => {
  it('are names of GCE, always the same, and no two volumes share one', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/), volumeName, (cluster, volume) => {
        const name = diskNameOf(cluster, volume);
        assert.match(name, GCE_NAME);
        assert.match(snapshotNameOf(cluster, volume, 4e12), GCE_NAME);
        assert.equal(diskNameOf(cluster, volume), name);
        const key = `${cluster}\n${volume}`;
        assert.equal(seen.get(name) ?? key, key);
        seen.set(name, key);
      }),
    );
    assert.notEqual(diskNameOf('default', 'db'), diskNameOf('default', 'DB'));
    assert.notEqual(diskNameOf('default', 'a.b'), diskNameOf('default', 'a-b'));
  });

  it('and places are read out of links and IDs', () => {
    const link = 'https://www.googleapis.com/compute/v1/projects/p/zones/europe-west3-a/instances/one';
    const place = { zone: 'europe-west3-a', name: 'one' };
    assert.deepEqual(placeInLink(link), place);
    assert.deepEqual(placeOf(idOf(place)), place);
    assert.equal(placeInLink('projects/p/regions/europe-west3/disks/one'), undefined);
  });
});
