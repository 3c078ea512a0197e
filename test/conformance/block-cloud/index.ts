import { describe, type TestContext } from 'node:test';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { clusterTruth } from './cluster-truth.ts';
import { useCluster, type Cluster } from './cluster.ts';
import { origins } from './origins.ts';
import { outages } from './outages.ts';
import type { RegionKind } from './region.ts';
import { startUp } from './start-up.ts';
import { takingOver } from './taking-over.ts';

/**
 * What every backend of cloud disks promises beyond the suite of all drivers: whole services on several machines of a
 * cloud's stand-in. A new cloud gets it with one call.
 */
export function blockCloudConformance<Options>(
  definition: VolumeDriverDefinition<Options>,
  kind: RegionKind,
): void {
  const use = async (context: TestContext): Promise<Cluster> => await useCluster(context, definition, kind);
  describe(`${definition.name}: which machine has a disk`, () => takingOver(use));
  describe(`${definition.name}: what the nodes of a cluster agree on`, () => clusterTruth(use));
  describe(`${definition.name}: the start of a node`, () => startUp(use));
  describe(`${definition.name}: a cloud that fails`, () => outages(use, kind));
  describe(`${definition.name}: where disks come from and go to`, () => origins(use));
}
