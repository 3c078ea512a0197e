import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenarios } from '../support/scenario.ts';

/** `docker volume create | inspect | ls | rm`. */
export const volumeCommands: Scenarios = {
  'inspect tells what a volume is, and nothing secret': async (stage) => {
    await stage.create('books', 'size=64MiB', 'uid=1000');
    const { Driver, Options, Scope, CreatedAt, Status = {} } = await stage.inspect('books');
    assert.equal(Driver, stage.driver.shownAs);
    assert.deepEqual(Options, { size: '64MiB', uid: '1000' });
    assert.equal(Scope, 'local');
    assert.ok(Math.abs(Date.now() - Date.parse(CreatedAt)) < 600_000, CreatedAt);
    const known = ['age', 'backend', 'fileSystem', 'mountIds', 'reclaimPolicy', 'size', 'usable', 'used'];
    const unknown = Object.keys(Status).filter((key) => !known.includes(key));
    assert.deepEqual(unknown, [], 'Status has lines that nobody has checked for secrets');
    assert.equal(Status['backend'], 'local');
    assert.equal(Status['size'], '64MiB');
    assert.equal(Status['fileSystem'], 'ext4');
    assert.equal(Status['reclaimPolicy'], 'delete');
    assert.equal(Status['mountIds'], '0');
    assert.match(Status['age'] ?? '', /^\d+ (second|minute)s?$/);
  },

  'inspect tells how much is used, and who uses it': async (stage) => {
    await stage.create('books', 'size=64MiB');
    await stage.start(
      'reader',
      'books',
      'dd if=/dev/zero of=/data/pages bs=1M count=10 && touch /data/ready; sleep 1000',
    );
    await stage.docker('exec', 'reader', 'sh', '-c', 'until [ -e /data/ready ]; do sleep 0.1; done; sync');
    const { Status = {} } = await stage.inspect('books');
    assert.equal(Status['mountIds'], '1');
    const used = /^([\d.]+)MiB$/.exec(Status['used'] ?? '')?.[1];
    assert.ok(Number(used) >= 10 && Number(used) < 20, `used is ${String(Status['used'])}`);
    await stage.docker('rm', '--force', 'reader');
    assert.equal(await stage.status('books', 'mountIds'), '0');
  },

  'ls shows Stowage beside the built-in driver': async (stage) => {
    await stage.create('books');
    await stage.docker('volume', 'create', 'plain');
    const shown = (await stage.docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).split('\n');
    assert.ok(shown.includes(`${stage.driver.shownAs} books`), shown.join('\n'));
    assert.ok(shown.includes('local plain'), shown.join('\n'));
  },

  'rm removes the data, and a new volume of the name is empty': async (stage) => {
    await stage.create('books');
    await stage.run('books', 'echo old > /data/page');
    assert.ok(existsSync(join(stage.driver.dataDirectory, 'volumes/books/data/page')));
    await stage.docker('volume', 'rm', 'books');
    assert.ok(!existsSync(join(stage.driver.dataDirectory, 'volumes/books')));
    assert.match(await stage.refusal('volume', 'inspect', 'books'), /no such volume/i);
    assert.equal(await stage.run('books', 'ls -A /data'), '');
  },

  'rm --force of a volume that is not there succeeds': async (stage) => {
    await stage.docker('volume', 'rm', '--force', 'nothing-of-this-name');
  },

  'rm is refused while a container uses the volume, also a stopped one and with --force': async (stage) => {
    await stage.start('reader', 'books', 'echo kept > /data/page; sleep 1000');
    assert.match(await stage.refusal('volume', 'rm', 'books'), /volume is in use/);
    assert.match(await stage.refusal('volume', 'rm', '--force', 'books'), /volume is in use/);
    await stage.docker('kill', 'reader');
    assert.match(await stage.refusal('volume', 'rm', 'books'), /volume is in use/);
    await stage.docker('rm', 'reader');
    assert.equal(await stage.run('books', 'cat /data/page'), 'kept');
    await stage.docker('volume', 'rm', 'books');
  },

  'labels are kept and found, as Compose needs it': async (stage) => {
    const label = 'com.docker.compose.project=shop';
    await stage.docker('volume', 'create', '--driver', stage.driver.name, '--label', label, 'shop_books');
    await stage.create('other');
    await stage.run('shop_books', 'echo data > /data/page');
    assert.deepEqual((await stage.inspect('shop_books')).Labels, { 'com.docker.compose.project': 'shop' });
    const found = await stage.docker('volume', 'ls', '--quiet', '--filter', `label=${label}`);
    assert.equal(found, 'shop_books');
  },

  'a repeated create is fine, and keeps the data': async (stage) => {
    await stage.create('books', 'size=64MiB');
    await stage.run('books', 'echo data > /data/page');
    await stage.create('books', 'size=64MiB');
    assert.equal(await stage.run('books', 'cat /data/page'), 'data');
  },

  'bad names and options are refused in one line that says what to do': async (stage) => {
    const driver = ['--driver', stage.driver.name];
    const badName = await stage.refusal('volume', 'create', ...driver, '../etc');
    assert.match(
      badName,
      /^Error response from daemon: create \.\.\/etc: .*\(E_INVALID_NAME\)\. Use 1 to 128 characters/,
    );
    assert.ok(!badName.includes('\n'), badName);
    const badOption = await stage.refusal('volume', 'create', ...driver, '--opt', 'sice=1GiB', 'books');
    assert.match(badOption, /sice.*size.*\(E_INVALID_OPTION\)/);
    assert.ok(!badOption.includes('\n'), badOption);
    assert.deepEqual(await stage.docker('volume', 'ls', '--quiet', '--filter', 'name=books'), '');
  },
};
