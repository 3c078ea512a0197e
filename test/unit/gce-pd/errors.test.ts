import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StowageError } from '../../../plugin/core/errors.ts';
import {
  isAbsent,
  isNotAttached,
  isOutdated,
  translate,
  translateFault,
} from '../../../drivers/volume/gce-pd/errors.ts';

const RAW = Symbol.for('google-gax.rawHttpResponsePayload');

/** An error as google-gax 6 throws it: gRPC's code, the status beside it, the answer aside. */
function newer(grpc: number, status: number, reason: string, message: string): Error {
  const body = { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } };
  return Object.assign(new Error(message), {
    code: grpc,
    httpStatusCode: status,
    [RAW]: JSON.stringify(body),
  });
}

/** As google-gax 5 throws it: HTTP's status for a code, and the answer for a message. */
function older(status: number, reason: string, message: string): Error {
  const body = { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } };
  return Object.assign(new Error(JSON.stringify(body)), { code: status });
}

const DISK = "The resource 'projects/p/zones/z/disks/db'";

describe('errors of GCE', () => {
  const cases: readonly (readonly [
    what: string,
    grpc: number,
    status: number,
    reason: string,
    words: string,
    ours: string,
  ])[] = [
    [
      'a taken name (409 arrives as 10)',
      10,
      409,
      'alreadyExists',
      `${DISK} already exists`,
      'E_VOLUME_EXISTS',
    ],
    ['what is absent', 5, 404, 'notFound', `${DISK} was not found`, 'E_CLOUD_FAILED'],
    [
      'a disk in use',
      3,
      400,
      'resourceInUseByAnotherResource',
      `The disk resource 'd' is already being used by 'i'`,
      'E_VOLUME_IN_USE',
    ],
    ['a quota (403)', 7, 403, 'quotaExceeded', "Quota 'DISKS_TOTAL_GB' exceeded.", 'E_CLOUD_LIMIT'],
    [
      'throttling (403)',
      7,
      403,
      'rateLimitExceeded',
      'Quota exceeded for quota metric',
      'E_CLOUD_UNAVAILABLE',
    ],
    [
      'throttling (429)',
      8,
      429,
      'rateLimitExceeded',
      'Quota exceeded for quota metric',
      'E_CLOUD_UNAVAILABLE',
    ],
    ['an outage', 14, 503, 'backendError', 'Internal error.', 'E_CLOUD_UNAVAILABLE'],
    ['a failure inside', 13, 500, 'internalError', 'Internal error.', 'E_CLOUD_UNAVAILABLE'],
    ['work under way', 3, 400, 'resourceNotReady', `${DISK} is not ready`, 'E_CLOUD_UNAVAILABLE'],
    ['nonsense', 3, 400, 'invalid', "Invalid value for field 'resource.name': 'Big'.", 'E_CLOUD_FAILED'],
    [
      'a missing permission',
      7,
      403,
      'forbidden',
      "Required 'compute.disks.create' permission for 'd'",
      'E_PERMISSION_DENIED',
    ],
    [
      'a bad token',
      16,
      401,
      'authError',
      'Request had invalid authentication credentials.',
      'E_PERMISSION_DENIED',
    ],
  ];
  for (const [what, grpc, status, reason, words, ours] of cases)
    it(`${what} is ${ours}, whichever SDK tells`, () => {
      for (const thrown of [newer(grpc, status, reason, words), older(status, reason, words)]) {
        const error = translate(thrown, 'disks.insert');
        assert.equal(error.code, ours);
        assert.equal(error.cause, thrown);
        assert.doesNotMatch(error.message, /[{}]/);
      }
    });

  it('name the permission, and the scope', () => {
    const denied = newer(7, 403, 'forbidden', "Required 'compute.disks.create' permission for 'd'");
    assert.equal(
      translate(denied, 'disks.insert').message,
      "the plugin's identity may not call compute.disks.create",
    );
    const scope = newer(7, 403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
    assert.match(translate(scope, 'disks.insert').remedy, /access scope/);
  });

  it('are told apart where that matters', () => {
    assert.ok(isAbsent(translate(newer(5, 404, 'notFound', 'x'), 'disks.get')));
    assert.ok(isAbsent(translateFault({ code: 'RESOURCE_NOT_FOUND', message: 'x' }, 'instances.detachDisk')));
    assert.ok(isOutdated(translate(newer(9, 412, 'conditionNotMet', 'x'), 'disks.setLabels')));
    assert.ok(
      isNotAttached(
        translate(
          newer(
            3,
            400,
            'invalid',
            "Invalid value for field 'deviceName': 'x'. No attached disk found with device name 'x'",
          ),
          'instances.detachDisk',
        ),
      ),
    );
    assert.ok(!isAbsent(new Error('404')));
  });

  it('without an answer leave open what became of the call', () => {
    const dropped = Object.assign(new Error('request failed, reason: socket hang up'), { code: 14 });
    const late = Object.assign(new Error('Deadline exceeded'), { code: 4 });
    for (const thrown of [dropped, late, new Error('anything')])
      assert.equal(translate(thrown, 'disks.get').code, 'E_CLOUD_UNAVAILABLE');
    // A proxy's page, which tells no reason.
    const page = Object.assign(new Error('could not be decoded: <html>'), { code: 14, httpStatusCode: 502 });
    assert.equal(translate(page, 'disks.get').code, 'E_CLOUD_UNAVAILABLE');
  });

  it('of our own pass, also from where a token is fetched', () => {
    const own = new StowageError('E_PERMISSION_DENIED', 'no service account');
    assert.equal(translate(own, 'disks.get'), own);
    assert.equal(translate(new Error('wrapped', { cause: own }), 'disks.get'), own);
  });

  it('of a file with credentials are a wrong setting', () => {
    const absent = Object.assign(new Error("ENOENT: no such file or directory, open '/key.json'"), {
      code: 'ENOENT',
    });
    assert.equal(translate(absent, 'disks.get').code, 'E_INVALID_CONFIG');
  });

  const faults: readonly (readonly [string, string])[] = [
    ['RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', 'E_VOLUME_IN_USE'],
    ['QUOTA_EXCEEDED', 'E_CLOUD_LIMIT'],
    ['LIMIT_EXCEEDED', 'E_CLOUD_LIMIT'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED', 'E_CLOUD_LIMIT'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'E_CLOUD_LIMIT'],
    ['RESOURCE_OPERATION_RATE_EXCEEDED', 'E_CLOUD_UNAVAILABLE'],
    ['INTERNAL_ERROR', 'E_CLOUD_UNAVAILABLE'],
    ['PERMISSIONS_ERROR', 'E_PERMISSION_DENIED'],
    ['RESOURCE_NOT_FOUND', 'E_CLOUD_FAILED'],
    ['SOMETHING_NEW', 'E_CLOUD_FAILED'],
  ];
  for (const [code, ours] of faults)
    it(`an operation that ends with ${code} is ${ours}`, () => {
      const error = translateFault({ code, message: 'words' }, 'instances.attachDisk');
      assert.equal(error.code, ours);
      assert.match(error.message, /words/);
    });
});
