import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { mountsBelow } from '../../support/mount-table.ts';
import { CloudNode } from './node.ts';
import type { CloudMachine, CloudRegion, RegionKind } from './region.ts';

/** The stand-in takes a twenty-fifth of the cloud's times, and so do the nodes' waits. */
const FASTER = 25;

/** A cloud with nodes of one cluster. */
export interface Cluster {
  readonly region: CloudRegion;
  /** A node on a new machine, or on a given one. */
  node(machine?: CloudMachine): Promise<CloudNode>;
}

/** Starts a cloud for one test; afterwards everything is unmounted, and the cloud must have been sound. */
export async function useCluster<Options>(
  context: TestContext,
  definition: VolumeDriverDefinition<Options>,
  kind: RegionKind,
): Promise<Cluster> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-cluster-'));
  const region = await kind.start(root, 1 / FASTER);
  const nodes: CloudNode[] = [];
  let count = 0;
  context.after(async () => {
    region.faults.clear();
    for (const node of nodes) await node.stop();
    for (const { target } of mountsBelow('self', root).toReversed()) execFileSync('umount', [target]);
    await region.close();
    await rm(root, { recursive: true });
  });
  return {
    region,
    async node(machine) {
      count += 1;
      const node = await CloudNode.start({
        directory: join(root, `node${String(count)}`),
        machine: machine ?? (await region.launch()),
        definition,
        clock: fastClock(FASTER),
      });
      nodes.push(node);
      return node;
    },
  };
}
