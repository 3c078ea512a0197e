/**
 * What `scripts/bench cloud` starts: measures calls and times of a backend on its cloud's stand-in, at the cloud's own
 * times, and prints them as JSON. The stand-in's log counts the calls, so what is counted is what a cloud would bill.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ebs } from '../../../drivers/volume/ebs/index.ts';
import { gcePd } from '../../../drivers/volume/gce-pd/index.ts';
import type { VolumeDriverDefinition } from '../../../plugin/core/ports/volume-driver.ts';
import { systemClock } from '../../../plugin/host/index.ts';
import { CloudNode } from '../../conformance/block-cloud/node.ts';
import type { CloudRegion, RegionKind } from '../../conformance/block-cloud/region.ts';
import { ec2Region } from '../ec2/region.ts';
import { gceRegion } from '../gce/region.ts';
import { everyCallLists } from './every-call-lists.ts';

const KNOWN = 1_000;
const NODES = 10;
const VOLUMES = 100;

/** What was measured of one backend. */
interface Budget {
  readonly backend: string;
  readonly life: Readonly<Record<string, number>>;
  readonly lifeSeconds: number;
  /** What the cloud itself took of that, until the first mount. */
  readonly firstMountSeconds: number;
  readonly cloudSeconds: number;
  readonly coldList: number;
  readonly warmList: number;
  readonly burst: Readonly<Record<string, number>>;
  readonly burstSeconds: number;
  /** The same work in the way of REX-Ray, which lists everything in every call. */
  readonly naive: { readonly life: number; readonly list: number; readonly burst: number };
}

async function measure(definition: VolumeDriverDefinition<unknown>, kind: RegionKind): Promise<Budget> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-budget-'));
  let count = 0;
  const nodeOf = async (region: CloudRegion): Promise<CloudNode> => {
    count += 1;
    const directory = join(root, `node${String(count)}`);
    return await CloudNode.start({
      directory,
      machine: await region.launch(),
      definition,
      clock: systemClock,
    });
  };
  try {
    const life = await onRegion(kind, join(root, 'life'), 1, async (region) => await oneLife(region, nodeOf));
    const list = await onRegion(
      kind,
      join(root, 'list'),
      0.001,
      async (region) => await lists(region, nodeOf),
    );
    const burst = await onRegion(
      kind,
      join(root, 'burst'),
      1,
      async (region) => await bursts(region, nodeOf),
    );
    const naive = everyCallLists({ pageSize: kind.pageSize, known: KNOWN, volumes: VOLUMES });
    return { backend: definition.name, ...life, ...list, ...burst, naive };
  } finally {
    await rm(root, { recursive: true });
  }
}

async function onRegion<Result>(
  kind: RegionKind,
  root: string,
  scale: number,
  work: (region: CloudRegion) => Promise<Result>,
): Promise<Result> {
  const region = await kind.start(root, scale);
  try {
    return await work(region);
  } finally {
    await region.close();
  }
}

type NodeOf = (region: CloudRegion) => Promise<CloudNode>;

/** Create, mount, unmount, remove of one volume by a node that has just started. */
async function oneLife(
  region: CloudRegion,
  nodeOf: NodeOf,
): Promise<Pick<Budget, 'life' | 'lifeSeconds' | 'firstMountSeconds' | 'cloudSeconds'>> {
  const node = await nodeOf(region);
  await node.names();
  region.calls.clear();
  const begun = performance.now();
  await node.create('db');
  const { unmount } = await node.mount('db');
  const firstMountSeconds = (performance.now() - begun) / 1000;
  const cloudSeconds = region.secondsUntilAttached();
  await unmount();
  await node.remove('db');
  const lifeSeconds = (performance.now() - begun) / 1000;
  await node.stop();
  return { life: region.calls.perOperation(), lifeSeconds, firstMountSeconds, cloudSeconds };
}

/** `docker volume ls` where there are many volumes: of a node that has just started, then again. */
async function lists(region: CloudRegion, nodeOf: NodeOf): Promise<Pick<Budget, 'coldList' | 'warmList'>> {
  const maker = await nodeOf(region);
  await inTurns(KNOWN, 20, async (index) => await maker.create(`v${String(index)}`));
  await maker.stop();
  const node = await nodeOf(region);
  region.calls.clear();
  await node.names();
  const coldList = region.calls.count();
  region.calls.clear();
  for (let look = 0; look < 10; look += 1) await node.names();
  const warmList = region.calls.count();
  await node.stop();
  return { coldList, warmList };
}

/** Many volumes mounted at once on several nodes, as when a cluster starts. */
async function bursts(region: CloudRegion, nodeOf: NodeOf): Promise<Pick<Budget, 'burst' | 'burstSeconds'>> {
  const nodes = await Promise.all(Array.from({ length: NODES }, async () => await nodeOf(region)));
  const names = Array.from({ length: VOLUMES }, (_, index) => `v${String(index)}`);
  await inTurns(VOLUMES, VOLUMES, async (index) => await nodes[0]?.create(names[index] ?? ''));
  for (const node of nodes) await node.names();
  region.calls.clear();
  const begun = performance.now();
  const mounts = await Promise.all(names.map(async (name, index) => await nodes[index % NODES]?.mount(name)));
  const burstSeconds = (performance.now() - begun) / 1000;
  const burst = region.calls.perOperation();
  for (const mount of mounts) await mount?.unmount();
  for (const node of nodes) await node.stop();
  return { burst, burstSeconds };
}

async function inTurns(total: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const budgets = [await measure(ebs, ec2Region), await measure(gcePd, gceRegion)];
process.stdout.write(`${JSON.stringify(budgets)}\n`);
process.exit(0);
