import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMoto } from './moto.ts';
import { type ProbedCloud, PROBES } from './probes.ts';
import { useEc2 } from './use-ec2.ts';

const REGION = 'eu-central-1';
const ZONES = [`${REGION}a`, `${REGION}b`] as const;

async function lookAt(cloud: ProbedCloud): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const [name, { look }] of Object.entries(PROBES)) seen[name] = await look(cloud);
  return seen;
}

test('the stand-in answers as AWS does', async (context) => {
  const { client, control } = await useEc2(context, { region: REGION });
  const cloud = { client, zones: ZONES, addInstance: (zone: string) => control.addInstance({ zone }) };
  const expected = Object.entries(PROBES).map(([name, { aws }]) => [name, aws]);
  assert.deepEqual(await lookAt(cloud), Object.fromEntries(expected));
});

test('moto answers as AWS does too, except where it is known to be different', async (context) => {
  const moto = await startMoto(REGION);
  context.after(async () => await moto.close());
  const expected = Object.entries(PROBES).map(([name, { aws, moto: other = aws }]) => [name, other]);
  assert.deepEqual(await lookAt({ ...moto, zones: ZONES }), Object.fromEntries(expected));
});
