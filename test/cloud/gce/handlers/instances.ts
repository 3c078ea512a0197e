import { invalid, notReady } from '../error.ts';
import type { Operation } from '../operation-engine.ts';
import { pageOf } from '../paging.ts';
import { accept, allow, type Call, part, zoneOf } from './handler.ts';
import { showInstance } from './show.ts';

/** instances.get */
export function getInstance(call: Call): object {
  const instance = call.world.instance(zoneOf(call), part(call, 'instance'));
  allow(call, 'instances.get', call.world.instanceLink(instance));
  return showInstance(call.world, instance);
}

/** instances.list */
export function listInstances(call: Call): object {
  const { world, query } = call;
  const zone = zoneOf(call);
  allow(call, 'instances.list', `projects/${world.parts.project}`);
  const here = [...world.instances.values()].filter((instance) => instance.zone === zone);
  const all = here.map((instance) => showInstance(world, instance) as { readonly name: string });
  return { kind: 'compute#instanceList', ...pageOf(all, query, ({ name }) => name) };
}

/** instances.detachDisk. Whether the machine still uses the disk is not asked. */
export function detachDisk(call: Call): Operation {
  const { world, query } = call;
  const instance = world.instance(zoneOf(call), part(call, 'instance'));
  const target = world.instanceLink(instance);
  allow(call, 'instances.detachDisk', target);
  const deviceName = query['deviceName'] ?? '';
  const find = (): number => instance.disks.findIndex((disk) => disk.deviceName === deviceName);
  const attached = instance.disks[find()];
  if (attached === undefined) {
    throw invalid('deviceName', deviceName, `No attached disk found with device name '${deviceName}'`);
  }
  if (attached.boot && instance.status !== 'TERMINATED') throw notReady(target);
  return accept(call, {
    type: 'detachDisk',
    zone: instance.zone,
    target,
    targetId: instance.id,
    delay: 'detach',
    work: async () => {
      // Asked for twice, it is gone the second time.
      if (!instance.disks.includes(attached)) return;
      await world.pullOut(instance, attached);
      instance.disks = instance.disks.filter((disk) => disk !== attached);
      attached.disk.lastDetachAt = world.now;
    },
  });
}
