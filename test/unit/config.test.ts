import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configSchema, readConfig } from '../../plugin/config.ts';
import { StowageError } from '../../plugin/core/errors.ts';

/** The message of the E_INVALID_CONFIG that reading ends in. */
function fault(environment: Readonly<Record<string, string>>): string {
  try {
    readConfig(environment);
  } catch (thrown) {
    assert.ok(thrown instanceof StowageError);
    assert.equal(thrown.code, 'E_INVALID_CONFIG');
    return thrown.message;
  }
  return 'no fault';
}

describe('settings', () => {
  it('have defaults that suit a plain process', () => {
    assert.deepEqual(readConfig({}), {
      STOWAGE_SOCKET: '/run/docker/plugins/stowage.sock',
      STOWAGE_DATA: '/var/lib/stowage',
      STOWAGE_MOUNTS: '/run/stowage/volumes',
      STOWAGE_RUN: '/run/stowage',
      STOWAGE_BACKEND: 'local',
      STOWAGE_LOG_LEVEL: 'info',
      STOWAGE_PATH_ROOTS: [],
      STOWAGE_HOST_PROC: '/proc',
      STOWAGE_HOST_SYS: '/sys',
      STOWAGE_CLUSTER: 'default',
      STOWAGE_DETACH_GRACE: 5_000,
      STOWAGE_DEADLINE: 25_000,
    });
  });

  it('each say what they are for', () => {
    for (const [name, setting] of Object.entries(configSchema.shape))
      assert.ok((setting.description ?? '').length > 10, name);
  });

  it('count as not set when empty, and leave other variables alone', () => {
    assert.deepEqual(
      readConfig({ STOWAGE_DATA: '', STOWAGE_LOG_LEVEL: '', PATH: '/bin', HOME: undefined }),
      readConfig({}),
    );
  });

  const paths = [
    'STOWAGE_SOCKET',
    'STOWAGE_DATA',
    'STOWAGE_MOUNTS',
    'STOWAGE_RUN',
    'STOWAGE_HOST_PROC',
    'STOWAGE_HOST_SYS',
  ] as const;
  for (const name of paths) {
    it(`${name} takes an absolute path and nothing else`, () => {
      assert.equal(readConfig({ [name]: '/srv/x/' })[name], '/srv/x');
      for (const wrong of ['srv', './srv', '/srv/../etc', '/srv//x', '/srv/\n']) {
        assert.match(fault({ [name]: wrong }), new RegExp(`^${name} is not an absolute path`));
      }
    });
  }

  it('STOWAGE_BACKEND takes a name', () =>
    assert.equal(readConfig({ STOWAGE_BACKEND: 'aws-ebs' }).STOWAGE_BACKEND, 'aws-ebs'));

  it('STOWAGE_LOG_LEVEL takes one of four words', () => {
    for (const level of ['debug', 'info', 'warn', 'error'])
      assert.equal(readConfig({ STOWAGE_LOG_LEVEL: level }).STOWAGE_LOG_LEVEL, level);
    for (const wrong of ['verbose', 'trace', '0'])
      assert.match(fault({ STOWAGE_LOG_LEVEL: wrong }), /^STOWAGE_LOG_LEVEL .*debug/);
  });

  it('STOWAGE_DEADLINE takes 1 to 110 seconds', () => {
    for (const [text, milliseconds] of [
      ['1', 1_000],
      ['1s', 1_000],
      ['25 s', 25_000],
      ['110s', 110_000],
    ] as const) {
      assert.equal(readConfig({ STOWAGE_DEADLINE: text }).STOWAGE_DEADLINE, milliseconds);
    }
    for (const wrong of ['0', '111', '1m', '-5', '1.5', 'soon', '1000']) {
      assert.equal(fault({ STOWAGE_DEADLINE: wrong }), 'STOWAGE_DEADLINE must be 1s to 110s');
    }
  });

  it('STOWAGE_PATH_ROOTS takes a list of directories, each with where we see it', () => {
    assert.deepEqual(readConfig({ STOWAGE_PATH_ROOTS: ' /srv , /data/a/:/paths/a,' }).STOWAGE_PATH_ROOTS, [
      { hostPath: '/srv', insidePath: '/srv' },
      { hostPath: '/data/a', insidePath: '/paths/a' },
    ]);
    for (const wrong of ['srv', '/srv:data', '/srv:/a:/b', '/srv:', ':/a', '/srv/..', '/', '/srv,relative']) {
      assert.match(
        fault({ STOWAGE_PATH_ROOTS: wrong }),
        /^STOWAGE_PATH_ROOTS ".*" is not HOST or HOST:INSIDE with absolute paths$/,
      );
    }
  });

  it('name all their faults at once', () => {
    const message = fault({ STOWAGE_DATA: 'x', STOWAGE_LOG_LEVEL: 'loud', STOWAGE_DEADLINE: '0' });
    for (const name of ['STOWAGE_DATA', 'STOWAGE_LOG_LEVEL', 'STOWAGE_DEADLINE'])
      assert.ok(message.includes(name), message);
  });
});
