import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MountNamespace } from '../support/mount-namespace.ts';
import { snapshotTree } from '../support/tree-snapshot.ts';
import { assertNothingLeft, useStowage } from '../support/use-stowage.ts';
import { SeededRandom } from './random.ts';

const SIZES = { ext4: '16MiB', xfs: '300MiB', btrfs: '128MiB' } as const;

for (const fsType of ['ext4', 'xfs', 'btrfs'] as const) {
  test(`an ${fsType} image that was tampered with leads nowhere`, async (context) => {
    const stowage = await useStowage(context);
    const outside = join(stowage.root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'the secret of the host');
    const before = snapshotTree(outside);
    await stowage.engine.create('v', { size: SIZES[fsType], fsType });
    await stowage.engine.mount('v', 'm');
    await stowage.engine.unmount('v', 'm');
    const image = join(stowage.dataDirectory, 'volumes', 'v', 'image');
    const workshop = await MountNamespace.create();
    context.after(async () => await workshop.close());
    const place = join(stowage.root, 'workshop');
    mkdirSync(place);
    const tamper = async (script: string): Promise<void> => {
      await workshop.run('mount', '-o', 'loop', image, place);
      await workshop.run('sh', '-ec', script, 'sh', place, outside);
      await workshop.run('umount', place);
    };

    await tamper('rm -rf "$1/data"; ln -s "$2" "$1/data"');
    const link = await stowage.call('VolumeDriver.Mount', { Name: 'v', ID: 'm' });
    assert.match(String(link.body['Err']), /\((E_FILESYSTEM_DAMAGED|E_HOST_FAILED)\)/);
    await assertNothingLeft(stowage);

    await tamper('rm "$1/data"; ln -s ../../../../.. "$1/data"');
    assert.match(
      String((await stowage.call('VolumeDriver.Mount', { Name: 'v', ID: 'm' })).body['Err']),
      /\(E_/,
    );

    await tamper('rm "$1/data"; mknod "$1/data" b 7 0');
    assert.match(
      String((await stowage.call('VolumeDriver.Mount', { Name: 'v', ID: 'm' })).body['Err']),
      /\(E_/,
    );

    await tamper(
      'rm "$1/data"; mkdir "$1/data"; cp /bin/true "$1/data/setuid"; chmod 6755 "$1/data/setuid"; mknod "$1/data/disk" b 8 0',
    );
    const target = await stowage.engine.mount('v', 'm');
    assert.match(await stowage.namespace.run('ls', target), /setuid/);
    await stowage.engine.unmount('v', 'm');

    assert.deepEqual(snapshotTree(outside), before);
    await stowage.engine.remove('v');
    await assertNothingLeft(stowage);
  });
}

test('ext4 superblocks with random bits: mounted or refused, never a crash', async (context) => {
  const seed = Number(process.env['STOWAGE_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`seed ${String(seed)}`);
  const random = new SeededRandom(seed);
  const stowage = await useStowage(context);
  await stowage.engine.create('v', { size: '16MiB' });
  const image = join(stowage.dataDirectory, 'volumes', 'v', 'image');
  const good = readFileSync(image);
  const outcomes = new Map<string, number>();
  for (let round = 0; round < 25; round += 1) {
    const bad = Buffer.from(good);
    // Only what our own reader and e2fsck look at, and the checksum then refuses: the kernel's parser is not on trial.
    for (let flip = 0; flip < 3; flip += 1) bad[1024 + random.below(1024)] = random.below(256);
    writeFileSync(image, bad);
    const { body } = await stowage.call('VolumeDriver.Mount', { Name: 'v', ID: 'm' });
    const line = body['Err'];
    const outcome = typeof line === 'string' ? (/\((E_\w+)\)/.exec(line)?.[1] ?? line) : 'mounted';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    assert.ok(['mounted', 'E_FILESYSTEM_DAMAGED', 'E_MOUNT_FAILED'].includes(outcome), String(line));
    await stowage.engine.unmount('v', 'm');
  }
  context.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  await stowage.engine.remove('v');
  await assertNothingLeft(stowage);
});
