import assert from 'node:assert/strict';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { shareStowage } from '../../support/use-stowage.ts';

const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  directory: {},
  ext4: { size: '32MiB' },
  xfs: { size: '300MiB', fsType: 'xfs' },
  btrfs: { size: '128MiB', fsType: 'btrfs' },
  memory: { size: '4MiB', medium: 'memory' },
};

describe('owner and mode', () => {
  const shared = shareStowage();

  for (const [kind, options] of Object.entries(KINDS)) {
    const shown = async (): Promise<string> => {
      const { uid, gid, mode } = statSync(shared.current.see(await shared.current.engine.path('db')));
      return [uid, gid, (mode & 0o7777).toString(8)].join(' ');
    };

    it(`of a ${kind} volume are root’s and 755 by default`, async () => {
      await shared.current.engine.create('db', options);
      await shared.current.engine.mount('db', 'id');
      assert.equal(await shown(), '0 0 755');
      await shared.current.engine.unmount('db', 'id');
    });

    for (const [uid, gid, mode] of [
      ['1234', '5678', '750'],
      ['0', '4294967294', '2775'],
      ['65534', '0', '1777'],
      ['1', '1', '0'],
    ] as const) {
      it(`of a ${kind} volume are ${uid}, ${gid} and ${mode} when that is asked for`, async () => {
        await shared.current.engine.create('db', { ...options, uid, gid, mode: mode.padStart(4, '0') });
        await shared.current.engine.mount('db', 'id');
        assert.equal(await shown(), `${uid} ${gid} ${mode}`);
        await shared.current.engine.unmount('db', 'id');
      });
    }

    if (kind === 'memory') continue;
    it(`of a ${kind} volume are the user’s to change`, async () => {
      await shared.current.engine.create('db', { ...options, uid: '5' });
      const mountPoint = shared.current.see(await shared.current.engine.mount('db', 'id'));
      chownSync(mountPoint, 77, 88);
      chmodSync(mountPoint, 0o700);
      await shared.current.engine.unmount('db', 'id');
      await shared.current.engine.mount('db', 'id');
      assert.equal(await shown(), '77 88 700');
      await shared.current.engine.unmount('db', 'id');
    });
  }
});
