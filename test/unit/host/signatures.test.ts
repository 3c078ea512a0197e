import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunCommand } from '../../../plugin/host/run-command.ts';
import { listMarks, probeSignature, signatureFrom } from '../../../plugin/host/signatures.ts';

function answer(exitCode: number, stdout = '', stderr = ''): RunCommand {
  return async () => ({ exitCode, stdout, stderr });
}

describe('what blkid says', () => {
  it('is a file system, by its type', () => {
    assert.deepEqual(signatureFrom('DEVNAME=/dev/sdb\nLABEL=my\\ data\nTYPE=ext4\nUSAGE=filesystem\n'), {
      type: 'ext4',
      description: 'ext4 file system named my\\ data',
    });
  });

  it('is no one thing where there is a table of partitions too', () => {
    assert.deepEqual(signatureFrom('TYPE=vfat\nUSAGE=filesystem\nPTTYPE=dos\n'), {
      type: undefined,
      description: 'vfat file system and partition table (dos)',
    });
  });

  it('is something, whatever it is', () => {
    assert.deepEqual(signatureFrom('DEVNAME=/dev/sdb\nUUID=1234\n'), {
      type: undefined,
      description: 'something with UUID',
    });
  });

  it('is nothing on a blank partition, of which it knows the place', () => {
    const place = 'DEVNAME=/dev/sdb1\nPART_ENTRY_SCHEME=gpt\nPART_ENTRY_NUMBER=1\nPART_ENTRY_DISK=8:16\n';
    assert.equal(signatureFrom(place), undefined);
  });

  it('is nothing only without a word', async () => {
    assert.equal(await probeSignature(answer(2), '/dev/sdb'), undefined);
    await assert.rejects(probeSignature(answer(2, '', 'error: /dev/sdb: i/o error'), '/dev/sdb'), {
      code: 'E_HOST_FAILED',
      message: 'blkid failed: error: /dev/sdb: i/o error',
    });
  });

  it('is ambivalent where marks exclude each other', async () => {
    const words = 'error: /dev/sdb: ambivalent result';
    const signature = await probeSignature(answer(8, '', words), '/dev/sdb');
    assert.deepEqual(signature, { type: undefined, description: 'marks of several formats' });
  });
});

describe('what wipefs lists', () => {
  it('is every mark with its place', async () => {
    assert.equal(
      await listMarks(answer(0, 'gpt,0x200\nPMBR,0x1fe\n'), '/dev/sdb'),
      'gpt at 0x200, PMBR at 0x1fe',
    );
    assert.equal(await listMarks(answer(0), '/dev/sdb'), undefined);
  });
});
