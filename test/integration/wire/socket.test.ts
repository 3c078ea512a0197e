import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Stowage } from '../../support/stowage.ts';
import { Stowage as Program } from '../../support/stowage.ts';
import { useStowage } from '../../support/use-stowage.ts';

/** Starts the program where it must not start; its end and its last log line. */
async function refusedStart(stowage: Stowage, environment: Readonly<Record<string, string>>) {
  const program = stowage.launch(environment);
  const [code] = (await once(program, 'close')) as [number | null];
  return { code, line: stowage.log().at(-1) };
}

async function prepared(context: { after(work: () => Promise<void>): void }): Promise<Stowage> {
  const stowage = await Program.prepare();
  context.after(async () => await stowage.close());
  return stowage;
}

describe('the socket', () => {
  it('can be opened by root only', async (context) => {
    const stowage = await useStowage(context);
    assert.equal((statSync(stowage.socket).mode & 0o777).toString(8), '600');
  });

  it('replaces what a killed process left', async (context) => {
    const stowage = await useStowage(context);
    await stowage.kill9();
    assert.ok(existsSync(stowage.socket), 'a killed process leaves its socket file');
    await stowage.start();
    assert.deepEqual(await stowage.engine.list(), []);
  });

  it('has its directory made', async (context) => {
    const stowage = await prepared(context);
    const program = stowage.launch({ STOWAGE_SOCKET: join(stowage.root, 'a', 'b', 'stowage.sock') });
    await stowage.logged('listening');
    assert.ok(statSync(join(stowage.root, 'a', 'b', 'stowage.sock')).isSocket());
    assert.equal(program.exitCode, null);
  });

  it('of a living process is left to it', async (context) => {
    const first = await useStowage(context);
    await first.engine.create('db');
    const second = await prepared(context);
    const { code, line } = await refusedStart(second, { STOWAGE_SOCKET: first.socket });
    assert.equal(code, 1);
    assert.equal(line?.level, 'error');
    assert.equal(
      line?.msg,
      `cannot start: another process listens on ${first.socket}. Stop it, or set STOWAGE_SOCKET to another path.`,
    );
    assert.equal((await first.engine.get('db')).Name, 'db');
    await first.engine.remove('db');
  });

  it('is never put in the place of a file', async (context) => {
    const stowage = await prepared(context);
    const file = join(stowage.root, 'precious');
    writeFileSync(file, 'data');
    const { code, line } = await refusedStart(stowage, { STOWAGE_SOCKET: file });
    assert.equal(code, 1);
    assert.match(
      String(line?.msg),
      /^cannot start: .*precious cannot be listened on: .*not a socket\. Set STOWAGE_SOCKET/,
    );
    assert.equal(readFileSync(file, 'utf8'), 'data');
  });

  it('is never put in the place of a directory', async (context) => {
    const stowage = await prepared(context);
    mkdirSync(join(stowage.root, 'precious'));
    const { code, line } = await refusedStart(stowage, { STOWAGE_SOCKET: join(stowage.root, 'precious') });
    assert.equal(code, 1);
    assert.match(
      String(line?.msg),
      /^cannot start: .*precious cannot be listened on: .*not a socket\. Set STOWAGE_SOCKET/,
    );
  });

  it('says so when its path is too long for the kernel', async (context) => {
    const stowage = await prepared(context);
    const { code, line } = await refusedStart(stowage, {
      STOWAGE_SOCKET: join(stowage.root, 'x'.repeat(120)),
    });
    assert.equal(code, 1);
    assert.match(String(line?.msg), /^cannot start: .*x{100}.*STOWAGE_SOCKET/);
  });

  it('says so when it cannot be made', async (context) => {
    const stowage = await prepared(context);
    writeFileSync(join(stowage.root, 'file'), '');
    const { code, line } = await refusedStart(stowage, {
      STOWAGE_SOCKET: join(stowage.root, 'file', 'stowage.sock'),
    });
    assert.equal(code, 1);
    assert.match(
      String(line?.msg),
      /^cannot start: .*stowage\.sock cannot be listened on: .*Set STOWAGE_SOCKET/,
    );
  });
});

describe('a start with wrong settings', () => {
  const cases: Readonly<Record<string, { environment: Readonly<Record<string, string>>; message: RegExp }>> =
    {
      'names each of them': {
        environment: { STOWAGE_LOG_LEVEL: 'loud', STOWAGE_DEADLINE: '9h' },
        message:
          /^cannot start: STOWAGE_LOG_LEVEL .*; STOWAGE_DEADLINE must be 1s to 110s\. Correct the setting/,
      },
      'names the backends there are': {
        environment: { STOWAGE_BACKEND: 'locl' },
        message: /^cannot start: STOWAGE_BACKEND=locl is not a backend \(local, ebs, gce-pd\)\./,
      },
    };
  for (const [what, { environment, message }] of Object.entries(cases)) {
    it(what, async (context) => {
      const stowage = await prepared(context);
      const { code, line } = await refusedStart(stowage, environment);
      assert.equal(code, 1);
      assert.match(String(line?.msg), message);
      assert.equal(stowage.log().length, 1);
      assert.ok(!existsSync(stowage.dataDirectory), 'nothing was made');
    });
  }
});
