import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { encode, refusalOf } from '../../support/engine-client.ts';
import { eventually } from '../../support/eventually.ts';
import { GatedCommand } from '../../support/gated-command.ts';
import type { Stowage } from '../../support/stowage.ts';
import { assertNothingLeft, removeAll, useStowage } from '../../support/use-stowage.ts';

/** A clone that stops at the gate in the middle of being made. */
async function beginClone(stowage: Stowage, gate: GatedCommand) {
  await stowage.engine.create('source');
  const pending = stowage.engine.begin({
    path: '/VolumeDriver.Create',
    body: encode({ Name: 'clone', Opts: { from: 'source' } }),
  });
  await gate.arrived();
  return pending;
}

describe('an engine that hangs up', () => {
  it('during Create: the work goes on to its end, and a repeat finds it done', async (context) => {
    const stowage = await useStowage(context);
    const cp = await GatedCommand.install(stowage, '/usr/bin/cp');
    const { answer, hangUp } = await beginClone(stowage, cp);
    hangUp();
    await assert.rejects(answer);
    const names = async (): Promise<string[]> => (await stowage.engine.list()).map(({ Name }) => Name);
    assert.deepEqual(await names(), ['source'], 'what is not whole is not shown');
    const repeated = stowage.engine.create('clone', { from: 'source' });
    await cp.open();
    await repeated;
    assert.deepEqual((await names()).toSorted(), ['clone', 'source']);
    await cp.arrived(1);
    await removeAll(stowage);
  });

  it('while its Mount waits for its turn: nothing is mounted', async (context) => {
    const stowage = await useStowage(context);
    const cp = await GatedCommand.install(stowage, '/usr/bin/cp');
    const { answer } = await beginClone(stowage, cp);
    const mount = stowage.engine.begin({
      path: '/VolumeDriver.Mount',
      body: encode({ Name: 'source', ID: 'id' }),
    });
    await mount.sent;
    // Calls on one connection are read in turn, on two they are not: be sure that it was read.
    await stowage.engine.capabilities();
    mount.hangUp();
    await assert.rejects(mount.answer);
    await cp.open();
    assert.equal((await answer).status, 200);
    assert.equal(await stowage.engine.path('source'), '');
    assert.deepEqual(stowage.mounts(), []);
    await removeAll(stowage);
  });

  it('during Mount: it is mounted but nobody’s, and a repeat joins', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db', { size: '32MiB' });
    const image = join(stowage.dataDirectory, 'volumes', 'db', 'image');
    // "Errors were found": the next mount checks it first, which takes as long as the gate is closed.
    await stowage.namespace.run('debugfs', '-w', '-R', 'set_super_value state 2', image);
    const e2fsck = await GatedCommand.install(stowage, '/usr/sbin/e2fsck');
    const mount = stowage.engine.begin({
      path: '/VolumeDriver.Mount',
      body: encode({ Name: 'db', ID: 'id' }),
    });
    await e2fsck.arrived();
    mount.hangUp();
    await assert.rejects(mount.answer);
    await e2fsck.open();
    await eventually(() => assert.equal(stowage.mounts().length, 1));
    assert.equal((await stowage.engine.status('db'))['mountIds'], '0');
    await stowage.engine.mount('db', 'id');
    assert.equal(stowage.mounts().length, 1);
    assert.equal((await stowage.engine.status('db'))['mountIds'], '1');
    await stowage.engine.unmount('db', 'id');
    await removeAll(stowage);
  });

  it('during Mount and never comes back: Remove takes the mount off', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('db', { size: '32MiB' });
    const image = join(stowage.dataDirectory, 'volumes', 'db', 'image');
    await stowage.namespace.run('debugfs', '-w', '-R', 'set_super_value state 2', image);
    const e2fsck = await GatedCommand.install(stowage, '/usr/sbin/e2fsck');
    const mount = stowage.engine.begin({
      path: '/VolumeDriver.Mount',
      body: encode({ Name: 'db', ID: 'id' }),
    });
    await e2fsck.arrived();
    mount.hangUp();
    await assert.rejects(mount.answer);
    await e2fsck.open();
    await stowage.engine.remove('db');
    await assertNothingLeft(stowage);
  });
});

describe('a caller whose deadline is near', () => {
  it('is told that the work goes on, and its repeat finds it done', async (context) => {
    const stowage = await useStowage(context, { environment: { STOWAGE_DEADLINE: '2s' } });
    const cp = await GatedCommand.install(stowage, '/usr/bin/cp');
    // On a busy machine the start alone may take longer than that.
    await eventually(async () => await stowage.engine.create('source'));
    const mountPoint = await stowage.engine.mount('source', 'id');
    writeFileSync(join(stowage.see(mountPoint), 'file'), 'data');
    await stowage.engine.unmount('source', 'id');
    const first = await refusalOf(stowage.engine.create('clone', { from: 'source' }));
    assert.match(
      first.message,
      /^create volume "clone": create is still working after 2 s \(E_OPERATION_PENDING\)\. .*repeat/,
    );
    const second = await refusalOf(stowage.engine.remove('clone'));
    assert.match(
      second.message,
      /^remove volume "clone": create is still working after \d+ s \(E_OPERATION_PENDING\)/,
    );
    await cp.open();
    await stowage.engine.create('clone', { from: 'source' });
    assert.equal((await stowage.engine.list()).length, 2);
    await removeAll(stowage);
  });
});
