import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { encode, refusalOf } from '../../support/engine-client.ts';
import { startStowage, type Stowage } from '../../support/stowage.ts';
import { assertNothingLeft } from '../../support/use-stowage.ts';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const MOUNT_ID = 'f'.repeat(64);

describe('the calls in the engine’s shapes', () => {
  let stowage: Stowage;

  before(async () => {
    stowage = await startStowage();
  });

  afterEach(async () => {
    for (const { Name, Mountpoint } of await stowage.engine.list()) {
      if (Mountpoint !== undefined) await stowage.engine.unmount(Name, MOUNT_ID);
      await stowage.engine.remove(Name);
    }
    await assertNothingLeft(stowage);
  });

  after(async () => {
    await stowage.close();
  });

  it('Activate has no body', async () => {
    assert.deepEqual(await stowage.call('Plugin.Activate'), {
      status: 200,
      body: { Implements: ['VolumeDriver'] },
    });
  });

  it('Capabilities and List send {} or nothing', async () => {
    for (const body of [{}, undefined, null]) {
      assert.deepEqual((await stowage.call('VolumeDriver.Capabilities', body)).body, {
        Capabilities: { Scope: 'local' },
      });
      assert.deepEqual((await stowage.call('VolumeDriver.List', body)).body, { Volumes: [] });
    }
  });

  for (const [what, options] of Object.entries({
    null: { Opts: null },
    'no options': { Opts: {} },
    nothing: {},
  })) {
    it(`Create has ${what} for Opts`, async () => {
      assert.deepEqual(await stowage.call('VolumeDriver.Create', { Name: 'db', ...options }), {
        status: 200,
        body: {},
      });
      assert.equal((await stowage.engine.list()).length, 1);
    });
  }

  it('Create takes an anonymous volume’s name', async () => {
    await stowage.engine.create('0'.repeat(64));
    assert.equal((await stowage.engine.get('0'.repeat(64))).Name, '0'.repeat(64));
  });

  it('Get shows name, RFC 3339 time and flat text as Status, and no mount point while not mounted', async () => {
    const before = Date.now();
    await stowage.engine.create('db', { mode: '750' });
    const { body, status } = await stowage.call('VolumeDriver.Get', { Name: 'db' });
    assert.equal(status, 200);
    const volume = body['Volume'] as Record<string, unknown>;
    assert.deepEqual(Object.keys(volume).toSorted(), ['CreatedAt', 'Name', 'Status']);
    assert.match(String(volume['CreatedAt']), RFC_3339);
    const createdAt = Date.parse(String(volume['CreatedAt']));
    assert.ok(createdAt >= before && createdAt <= Date.now());
    for (const value of Object.values(volume['Status'] ?? {})) assert.equal(typeof value, 'string');
  });

  it('Get of a volume that was never there is an error, not an empty answer', async () => {
    const { status, body } = await stowage.call('VolumeDriver.Get', { Name: 'nosuch' });
    assert.equal(status, 200);
    assert.match(
      String(body['Err']),
      /^get volume "nosuch": no such volume \(E_VOLUME_NOT_FOUND\)\. [A-Z].*\.$/,
    );
    assert.equal(body['Volume'], undefined);
  });

  it('Mount gives a directory, and Path, Get and List show it until Unmount', async () => {
    await stowage.engine.create('db');
    assert.equal(await stowage.engine.path('db'), '');
    const mountPoint = await stowage.engine.mount('db', MOUNT_ID);
    assert.equal(mountPoint, join(stowage.mountsDirectory, 'db'));
    assert.ok(statSync(stowage.see(mountPoint)).isDirectory());
    assert.equal(await stowage.engine.path('db'), mountPoint);
    assert.equal((await stowage.engine.get('db')).Mountpoint, mountPoint);
    assert.equal((await stowage.engine.list())[0]?.Mountpoint, mountPoint);
    assert.deepEqual(await stowage.call('VolumeDriver.Unmount', { Name: 'db', ID: MOUNT_ID }), {
      status: 200,
      body: {},
    });
    assert.equal(await stowage.engine.path('db'), '');
    assert.equal((await stowage.engine.list())[0]?.Mountpoint, undefined);
  });

  it('Mount and Path of a volume that was never there are errors', async () => {
    for (const call of ['Mount', 'Path']) {
      const asked = stowage.engine.ask(`VolumeDriver.${call}`, { Name: 'nosuch', ID: MOUNT_ID });
      assert.equal((await refusalOf(asked)).code, 'E_VOLUME_NOT_FOUND');
    }
  });

  it('Unmount and Remove of a volume that was never there succeed', async () => {
    await stowage.engine.unmount('nosuch', MOUNT_ID);
    await stowage.engine.remove('nosuch');
  });

  it('List shows every volume', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await stowage.engine.create(name);
    const shown = await stowage.engine.list();
    assert.deepEqual(shown.map(({ Name }) => Name).toSorted(), names);
    for (const { CreatedAt } of shown) assert.match(String(CreatedAt), RFC_3339);
  });

  it('answers are one JSON value and a line feed, with their length and type', async () => {
    const { status, headers, text } = await stowage.raw({ path: '/VolumeDriver.List', body: '{}\n' });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/vnd.docker.plugins.v1.2+json');
    assert.equal(headers['content-length'], String(Buffer.byteLength(text)));
    assert.equal(text, '{"Volumes":[]}\n');
  });

  const variants: Readonly<Record<string, { headers?: Record<string, string | undefined>; body?: string }>> =
    {
      'Docker 24 and later name a host': { headers: { Host: 'plugin.moby.localhost' } },
      'a content type is given': { headers: { 'Content-Type': 'application/json' } },
      'the content type is wrong': { headers: { 'Content-Type': 'text/plain; charset=latin1' } },
      'the body comes in chunks without a length': {
        headers: { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
      },
      'there is no line feed': { body: '{"Name":"db"}' },
      'there are blanks and fields we do not know': { body: ' \n {"Name": "db", "Labels": {"a": 1}}\n\n' },
    };
  for (const [what, { headers = {}, body = encode({ Name: 'db', Opts: null }) }] of Object.entries(
    variants,
  )) {
    it(`understands a call when ${what}`, async () => {
      const { status, text } = await stowage.raw({ path: '/VolumeDriver.Create', headers, body });
      assert.deepEqual([status, text], [200, '{}\n']);
      assert.equal((await stowage.engine.list()).length, 1);
    });
  }
});
