import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNameInUse, translate } from '../../../drivers/volume/ebs/errors.ts';

/** An error as the SDK throws it. */
function thrown(name: string, message: string, httpStatusCode: number | undefined): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

describe('errors of EC2', () => {
  const table = [
    ['VolumeInUse', 400, 'E_VOLUME_IN_USE'],
    ['AttachmentLimitExceeded', 400, 'E_CLOUD_LIMIT'],
    ['RequestLimitExceeded', 503, 'E_CLOUD_UNAVAILABLE'],
    ['InvalidParameterValue', 400, 'E_CLOUD_FAILED'],
    ['SomethingNew', 500, 'E_CLOUD_UNAVAILABLE'],
    ['TimeoutError', undefined, 'E_CLOUD_UNAVAILABLE'],
    ['UnauthorizedOperation', 403, 'E_PERMISSION_DENIED'],
    ['InvalidVolume.ZoneMismatch', 400, 'E_WRONG_ZONE'],
  ] as const;
  for (const [name, status, code] of table) {
    it(`${name} is ${code}`, () => {
      const error = translate(thrown(name, 'words of EC2', status), 'AttachVolume');
      assert.equal(error.code, code);
      assert.match(error.message, /AttachVolume/);
    });
  }

  it('name the permission, and leave out what only AWS can read', () => {
    const words = `You are not authorized. Encoded authorization failure message: ${'encoded'.repeat(70)}`;
    const error = translate(thrown('UnauthorizedOperation', words, 403), 'CreateVolume');
    assert.equal(error.message, "the plugin's identity may not call ec2:CreateVolume");
    const other = translate(thrown('VolumeLimitExceeded', words, 400), 'CreateVolume');
    assert.doesNotMatch(other.message, /encoded/i);
  });

  it('tell missing credentials from refused ones', () => {
    const missing = translate(thrown('CredentialsProviderError', 'none', undefined), 'DescribeVolumes');
    assert.match(missing.remedy, /role|AWS_ACCESS_KEY_ID/);
    const refused = translate(thrown('AuthFailure', 'no', 401), 'DescribeVolumes');
    assert.match(refused.remedy, /clock/);
    assert.deepEqual([missing.code, refused.code], ['E_PERMISSION_DENIED', 'E_PERMISSION_DENIED']);
  });

  it('know a device name that is taken, and translate nothing twice', () => {
    const words = "Invalid value '/dev/xvdaa' for unixDevice. Attachment point /dev/xvdaa is already in use";
    const error = translate(thrown('InvalidParameterValue', words, 400), 'AttachVolume');
    assert.equal(isNameInUse(error), true);
    assert.equal(
      isNameInUse(translate(thrown('InvalidParameterValue', 'other', 400), 'AttachVolume')),
      false,
    );
    assert.equal(translate(error, 'DetachVolume'), error);
  });
});
