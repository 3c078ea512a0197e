import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ec2Region } from '../cloud/ec2/region.ts';
import { gceRegion } from '../cloud/gce/region.ts';
import { mount, secondMount, unmount } from './claims.ts';
import { CloudWorld } from './cloud-world.ts';
import type { Kind } from './kinds.ts';
import { clone, create, reclaim, remove, retain } from './lives.ts';
import { runOperation } from './run-operation.ts';

const SOAK = process.env['STOWAGE_SOAK'] !== undefined;
const OFFSET = Number(process.env['STOWAGE_SEED'] ?? Math.random().toFixed(4));
/** As in crash-points.test.ts. */
const ONLY = process.env['STOWAGE_CRASH'];
const every = Number.POSITIVE_INFINITY;
const budget = SOAK || ONLY !== undefined ? { own: every, commands: every } : { own: 2, commands: 1 };

/**
 * Calls of a cloud are system calls like any other, so the program is killed before and after each request too. How often a
 * waiter looks differs from run to run: a boundary that did not come is counted as missed.
 */
describe(
  'the program is killed at every boundary of an effect, with disks of a cloud',
  { concurrency: 2 },
  () => {
    for (const [backend, region] of [
      ['ebs', ec2Region],
      ['gce-pd', gceRegion],
    ] as const) {
      const kind: Kind = { name: `${backend} xfs`, options: () => ({ size: '1GiB', fsType: 'xfs' }) };
      const operations = [create, mount, secondMount, unmount, remove, retain, reclaim, clone].map((make) =>
        make(kind),
      );
      for (const operation of operations) {
        if (ONLY !== undefined && ONLY.split(':')[0] !== operation.name) continue;
        it(operation.name, async () => {
          const only = ONLY?.includes(':') === true ? { only: ONLY } : {};
          const newWorld = async (): Promise<CloudWorld> => await CloudWorld.open(backend, region);
          const result = await runOperation(operation, { ...budget, offset: OFFSET, ...only }, newWorld);
          const { own, commands, killed, missed, failures, seconds } = result;
          const there = `${String(own)} boundaries and ${String(commands)} of its commands`;
          const ran = `killed ${String(killed)} times, ${String(missed)} missed, ${String(failures.length)} failed`;
          console.log(
            [`${operation.name}: ${there}; ${ran}; ${seconds.toFixed(1)} s`, ...failures].join('\n'),
          );
          assert.equal(failures.length, 0, `see above; STOWAGE_SEED=${String(OFFSET)}`);
        });
      }
    }
  },
);
