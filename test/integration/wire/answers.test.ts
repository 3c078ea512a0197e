import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { encode, refusalOf } from '../../support/engine-client.ts';
import { startStowage, type Stowage } from '../../support/stowage.ts';

/** What Docker shows of an error: one line that names what, why and what to do. */
const ERROR_LINE =
  /^[a-z]+ volume "[^"]*": [^\u0000-\u001f\u007f]+ \(E_[A-Z_]+\)\. [A-Z][^\u0000-\u001f\u007f]*\.$/;
const MEBIBYTE = 1024 * 1024;

describe('answers', () => {
  let stowage: Stowage;

  before(async () => {
    stowage = await startStowage();
  });

  after(async () => {
    await stowage.close();
  });

  const errors: Readonly<Record<string, () => Promise<unknown>>> = {
    Create: async () => await stowage.engine.create('db', { sizee: '1' }),
    Mount: async () => await stowage.engine.mount('nosuch', 'id'),
    Get: async () => await stowage.engine.get('nosuch'),
    Path: async () => await stowage.engine.path('nosuch'),
    'Create with a body that makes no sense': async () => await stowage.engine.ask('VolumeDriver.Create', []),
  };
  for (const [what, call] of Object.entries(errors)) {
    it(`errors of ${what} are one line with subject, reason, code and remedy`, async () => {
      assert.match((await refusalOf(call())).message, ERROR_LINE);
    });
  }

  it('a path that is no call gets 404 and an error, as any but POST does', async () => {
    const requests = [
      { path: '/' },
      { path: '/VolumeDriver.Nonsense', body: encode({ Name: 'db' }) },
      { path: '/GraphDriver.Init', body: '{}' },
      { path: '/VolumeDriver.Create/', body: encode({ Name: 'slash' }) },
      { path: '/%zz%00' },
      { path: '/VolumeDriver.List', method: 'GET' },
      { path: '/VolumeDriver.Create', method: 'PUT', body: encode({ Name: 'put' }) },
      { path: '/VolumeDriver.Remove', method: 'DELETE' },
    ];
    for (const request of requests) {
      const { status, text } = await stowage.raw(request);
      assert.equal(status, 404, request.path);
      assert.match(String(JSON.parse(text).Err), /^[A-Z]+ \S+ is not a call of this plugin$/);
    }
    assert.deepEqual(await stowage.engine.list(), []);
  });

  it('a body of more than 1 MiB gets 413, with and without a length, and nothing is done', async () => {
    const body = encode({ Name: 'big', Opts: { size: 'x'.repeat(1.5 * MEBIBYTE) } });
    for (const headers of [{}, { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' }]) {
      for (let repeat = 0; repeat < 10; repeat += 1) {
        const { status, text } = await stowage.raw({ path: '/VolumeDriver.Create', body, headers });
        assert.equal(status, 413);
        assert.match(text, /^\{"Err":"the body is larger than 1 MiB \(E_INVALID_REQUEST\)\. [^"]+\."\}\n$/);
      }
    }
    assert.deepEqual(await stowage.engine.list(), []);
  });

  it('a body that goes on and on is cut off, and the program goes on', async () => {
    const body = encode({ Name: 'endless', Padding: 'x'.repeat(32 * MEBIBYTE) });
    await assert.rejects(stowage.raw({ path: '/VolumeDriver.Create', body }), (thrown) =>
      ['ECONNRESET', 'EPIPE'].includes(String(Reflect.get(Object(thrown), 'code'))),
    );
    assert.deepEqual(await stowage.engine.list(), []);
  });

  it('a body of just under 1 MiB is read', async () => {
    const body = encode({ Name: 'fits', Padding: 'x'.repeat(MEBIBYTE - 200) });
    assert.equal((await stowage.raw({ path: '/VolumeDriver.Create', body })).status, 200);
    await stowage.engine.remove('fits');
  });

  it('a compressed body is refused rather than unpacked', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    const { status, text } = await stowage.raw({
      path: '/VolumeDriver.Create',
      body: encode({ Name: 'zip' }),
      headers,
    });
    assert.equal(status, 400);
    assert.match(text, /E_INVALID_REQUEST/);
  });
});
