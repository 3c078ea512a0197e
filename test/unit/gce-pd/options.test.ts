import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gceOptions } from '../../../drivers/volume/gce-pd/options.ts';
import { VOLUME_TYPES } from '../../../drivers/volume/gce-pd/volume-types.ts';
import { checkSize, DISK_TYPES, performanceOf } from '../../cloud/gce/disk-types.ts';

const KEY = 'projects/p-1/locations/global/keyRings/ring/cryptoKeys/key';

describe('options of GCE disks', () => {
  it('understand the spellings of the CSI driver', () => {
    const { given, effective } = gceOptions.parse({
      size: '100',
      type: 'hyperdisk-balanced',
      'provisioned-iops-on-create': '5000',
      'provisioned-throughput-on-create': '200',
      'disk-encryption-kms-key': KEY,
      labels: 'team=db,stage=prod_1',
    });
    assert.deepEqual(given, {
      size: '107374182400B',
      volumeType: 'hyperdisk-balanced',
      iops: '5000',
      throughput: '200',
      kmsKeyId: KEY,
      tags: 'team=db,stage=prod_1',
    });
    assert.equal(effective.preempt, 'dead');
    assert.equal(gceOptions.parse({ size: '1GiB' }).effective.volumeType, 'pd-balanced');
  });

  const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ size: '1GiB', volumeType: 'gp3' }, /volumeType/],
    [{ size: '70000GiB' }, /a pd-balanced disk has 1 to 65536 GiB, not 70000/],
    [{ size: '100GiB', volumeType: 'pd-extreme' }, /500 to 65536 GiB/],
    [{ size: '500GiB', volumeType: 'pd-extreme', iops: '5000' }, /10000 to 120000 iops/],
    [{ size: '1GiB', iops: '3000' }, /a pd-balanced disk has no iops to choose/],
    [{ size: '1GiB', volumeType: 'pd-ssd', throughput: '300' }, /no throughput to choose/],
    [{ size: '10GiB', volumeType: 'hyperdisk-balanced', iops: '6000' }, /of 10 GiB has 3000 to 5000 iops/],
    [
      { size: '100GiB', volumeType: 'hyperdisk-balanced', iops: '3000', throughput: '900' },
      /of 3000 iops has 140 to 750 MiB\/s/,
    ],
    [{ size: '1TiB', volumeType: 'hyperdisk-throughput' }, /2048 to 32768 GiB/],
    [{ size: '2TiB', volumeType: 'hyperdisk-throughput', throughput: '200' }, /20 to 180 MiB\/s/],
    [{ size: '64GiB', volumeType: 'hyperdisk-extreme', iops: '100' }, /128 to 64000 iops/],
    [{ size: '4GiB', volumeType: 'hyperdisk-ml', throughput: '100' }, /400 to 6400 MiB\/s/],
    [{ size: '1GiB', encrypted: 'false' }, /GCE encrypts every disk/],
    [{ size: '1GiB', kmsKeyId: 'alias/mine' }, /is not a key of Cloud KMS/],
    [{ size: '1GiB', zone: 'eu-central-1a' }, /is not a zone/],
    [{ size: '1GiB', labels: 'Team=db' }, /"Team=db", which is no label of GCE/],
    [{ size: '1GiB', labels: 'team=Data Base' }, /no label of GCE/],
    [{ size: '1GiB', labels: 'stowage-name=x' }, /Stowage keeps such labels for itself/],
    [
      { size: '1GiB', labels: Array.from({ length: 21 }, (_, at) => `k${String(at)}=v`).join(',') },
      /tags has 21/,
    ],
    [{ volumeId: 'Old_Disk' }, /is not the name of a disk/],
  ];
  for (const [raw, message] of refused)
    it(`refuse ${JSON.stringify(raw).slice(0, 90)}`, () => {
      assert.throws(() => gceOptions.parse(raw), { code: 'E_INVALID_OPTION', message });
    });

  it('never let the type of a disk change', () => {
    const { given } = gceOptions.parse({ size: '1GiB' });
    assert.equal(gceOptions.compare(given, { volumeType: 'pd-balanced' }).kind, 'equal');
    assert.equal(gceOptions.compare(given, { volumeType: 'pd-ssd' }).kind, 'different');
  });

  it('allow and refuse what the figures of the stand-in do, type by type', () => {
    assert.deepEqual(new Set(VOLUME_TYPES), new Set(Object.keys(DISK_TYPES)));
    const figures = [1, 4, 6, 64, 100, 140, 400, 500, 2_048, 10_000, 32_768, 65_536, 65_537];
    const choices = [undefined, 20, 140, 400, 2_000, 3_000, 5_000, 50_000, 160_000, 350_000];
    for (const volumeType of VOLUME_TYPES)
      for (const gib of figures)
        for (const iops of choices)
          for (const throughput of choices) {
            const raw = {
              size: `${String(gib)}GiB`,
              volumeType,
              ...(iops !== undefined && { iops: String(iops) }),
              ...(throughput !== undefined && { throughput: String(throughput) }),
            };
            const cloud = succeeds(() => {
              checkSize(volumeType, gib);
              performanceOf(volumeType, gib, { iops, throughput });
            });
            // What was not chosen depends on figures of GCE's own, so it may refuse more, and never less.
            const chosen = iops !== undefined || throughput === undefined || !hasBoth(volumeType);
            const ours = succeeds(() => gceOptions.parse(raw));
            if (chosen) assert.equal(ours, cloud, JSON.stringify(raw));
            else assert.ok(ours || !cloud, JSON.stringify(raw));
          }
  });
});

function hasBoth(type: string): boolean {
  return DISK_TYPES[type]?.iops !== undefined && DISK_TYPES[type].throughput !== undefined;
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
