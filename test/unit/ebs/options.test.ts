import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ebsOptions } from '../../../drivers/volume/ebs/options.ts';
import { ebsCredentials, ebsSetting } from '../../../drivers/volume/ebs/settings.ts';
import { driverSettings } from '../../support/driver-settings.ts';

describe('options of EBS volumes', () => {
  const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ size: '100TiB' }, /a gp3 volume has 1 to 65536 GiB, not 102400/],
    [{ size: '100GiB', volumeType: 'st1' }, /a st1 volume has 125 to 16384 GiB/],
    [{ size: '1GiB', volumeType: 'io2', iops: '1000' }, /a io2 volume has 4 to 65536 GiB/],
    [{ size: '10GiB', volumeType: 'io2' }, /a io2 volume needs iops/],
    [{ size: '10GiB', volumeType: 'gp2', iops: '100' }, /a gp2 volume has no iops to choose/],
    [{ size: '10GiB', iops: '2000' }, /a gp3 volume has 3000 to 80000 iops/],
    [{ size: '10GiB', iops: '6000' }, /at most 5000 iops \(500 for each GiB\)/],
    [{ size: '10GiB', volumeType: 'io1', iops: '600' }, /at most 500 iops/],
    [{ size: '10GiB', throughput: '1000' }, /throughput=1000 needs iops=4000 or more/],
    [{ size: '10GiB', volumeType: 'io1', iops: '400', throughput: '200' }, /no throughput to choose/],
    [{ size: '1GiB', kmsKeyId: 'not a key' }, /KMS key/],
    [{ size: '1GiB', zone: 'EU' }, /availability zone/],
    [{ volumeId: 'vol-0123456789abcdef0', encrypted: 'true' }, /exclude each other/],
  ];
  for (const [given, message] of refused) {
    it(`refuse ${JSON.stringify(given)}`, () => {
      assert.throws(() => ebsOptions.parse(given), { code: 'E_INVALID_OPTION', message });
    });
  }

  it('take what EC2 takes', () => {
    for (const given of [
      { size: '20' },
      { size: '20GiB', volumeType: 'gp3', iops: '10000', throughput: '1000' },
      { size: '4GiB', ebstype: 'io2', iops: '4000' },
      { snapshot: 'snap-0123456789abcdef0' },
      { id: 'vol-0123456789abcdef0', partition: '1' },
      { size: '1GiB', kmsKeyId: 'alias/team', az: 'eu-central-1a' },
    ])
      ebsOptions.parse(given);
  });
});

describe('settings of EBS', () => {
  it("go by the SDK's names first, then by REX-Ray's", async () => {
    const settings = driverSettings('/data', {
      environment: {
        EBS_REGION: 'eu-west-1',
        EBS_ACCESSKEY: 'a',
        EBS_SECRETKEY: 's',
        AWS_ACCESS_KEY_ID: 'b',
      },
    });
    assert.equal(await ebsSetting(settings, 'AWS_REGION'), 'eu-west-1');
    assert.deepEqual(await ebsCredentials(settings), { accessKeyId: 'b', secretAccessKey: 's' });
    assert.equal(await ebsCredentials(driverSettings('/data')), undefined);
  });

  it('need both halves of a key', async () => {
    const settings = driverSettings('/data', { environment: { AWS_ACCESS_KEY_ID: 'b' } });
    await assert.rejects(ebsCredentials(settings), { code: 'E_INVALID_CONFIG', message: /need each other/ });
  });
});
