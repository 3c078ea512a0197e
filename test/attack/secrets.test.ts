import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GatedCommand } from '../support/gated-command.ts';
import { useStowage } from '../support/use-stowage.ts';

const SECRET = 'hunter2-planted-secret';

/** Everything that is written below a directory, volumes' own data left out. */
function textsBelow(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'image')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

test('what looks like a secret is in no log, state, argv or environment', async (context) => {
  const stowage = await useStowage(context, {
    environment: { AWS_SECRET_ACCESS_KEY: SECRET, DB_PASSWORD: SECRET },
  });
  const answers: string[] = [];
  const rejected: readonly Record<string, string>[] = [
    { password: SECRET },
    { size: SECRET },
    { mountOptions: `password=${SECRET}` },
    { o: `username=u,password=${SECRET}` },
    { mkfsOptions: `-E key=${SECRET}` },
  ];
  for (const Opts of rejected) {
    const { body } = await stowage.call('VolumeDriver.Create', { Name: 'v', Opts });
    answers.push(String(body['Err']));
    assert.match(String(body['Err']), /\(E_/);
  }
  // While a command runs, its argv and environment can be read by others.
  const mkfs = await GatedCommand.install(stowage, '/usr/sbin/mkfs.ext4');
  const creating = stowage.engine.create('w', { size: '16MiB' });
  await mkfs.arrived();
  const processes = await stowage.namespace.run('ps', 'axeww', '-o', 'pid,args');
  const children = await stowage.namespace.run('ps', '-o', 'pid=', '--ppid', String(stowage.pid));
  const environments = children
    .trim()
    .split(/\s+/)
    .map((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  await mkfs.open();
  await creating;
  const inspected = JSON.stringify([await stowage.engine.get('w'), await stowage.engine.list()]);

  assert.ok(
    environments.length > 0 && environments.every((text) => !text.includes(SECRET)),
    'environment of a child',
  );
  for (const line of processes.split('\n').filter((text) => text.includes('mkfs')))
    assert.ok(!line.includes(SECRET), line);
  assert.ok(!inspected.includes(SECRET), 'inspect');
  assert.ok(!textsBelow(stowage.dataDirectory).includes(SECRET), 'state or marks');
  const logged = stowage
    .output()
    .split('\n')
    .filter((line) => line.includes(SECRET));
  context.diagnostic(
    `${String(answers.filter((line) => line.includes(SECRET)).length)} refusals show their caller the value`,
  );
  assert.deepEqual(logged, [], 'the log');
});
