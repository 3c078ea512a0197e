import type { CloudDisk } from '../../../drivers/volume/block/cloud.ts';
import type { SmokeRun } from './run.ts';
import { settled } from './settled.ts';

/** A disk that is no volume, as somebody else would have made it. It is removed at the end. */
export async function adoptableDisk(run: SmokeRun): Promise<CloudDisk> {
  const { cloud } = run;
  const { given, effective } = run.options({ size: '1GiB' });
  const record = {
    name: 'foreign',
    given,
    createdAt: new Date(),
    content: 'own' as const,
    retained: false,
    lease: undefined,
  };
  const { zone } = await cloud.machine();
  const made = await cloud.create({ record, options: effective, zone, snapshot: undefined, attempt: 0 });
  run.foreign.add(made.id);
  const disk = await settled(run, made.id, ({ state }) => state === 'ready');
  await cloud.forget(disk);
  return await settled(run, made.id, ({ record: mark }) => mark === undefined);
}
