import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startRegion, type Ec2Region } from '../../cloud/ec2/instance.ts';
import { startMoto } from '../../cloud/ec2/moto.ts';

const PROGRAM = fileURLToPath(new URL('../../../scripts/lib/smoke.ts', import.meta.url));

interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs it; `until` is interrupted as by Ctrl-C when a line says so. */
async function smoke(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
  interruptAt?: RegExp,
): Promise<Outcome> {
  const child = spawn(process.execPath, [PROGRAM, ...parameters], {
    env: { PATH: String(process.env['PATH']), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      const before = output;
      output += chunk.toString();
      if (interruptAt?.test(output) === true && !interruptAt.test(before)) child.kill('SIGINT');
    });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output };
}

async function useRegion(
  context: TestContext,
): Promise<{ region: Ec2Region; environment: Record<string, string> }> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-smoke-test-'));
  const region = await startRegion(root);
  context.after(async () => {
    await region.close();
    region.control.assertSound();
    await rm(root, { recursive: true });
  });
  const { hostSys, environment } = await region.launch();
  const { AWS_ENDPOINT_URL_EC2: _endpoint, ...others } = environment;
  return { region, environment: { ...others, STOWAGE_HOST_SYS: hostSys } };
}

function assertNothingLeft({ control }: Ec2Region): void {
  assert.deepEqual(
    control.volumes().filter(({ state }) => state !== 'deleting'),
    [],
  );
  assert.deepEqual(
    control.stored().filter((id) => id.startsWith('snap-')),
    [],
  );
}

describe('scripts/smoke ebs', () => {
  it('goes through the life of a volume, prints a table and leaves nothing', async (context) => {
    const { region, environment } = await useRegion(context);
    const { exitCode, output } = await smoke(['ebs', '--endpoint', region.endpoint], environment);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^restore +\d+\.\d +ok +what was written$/m);
    assert.match(output, /^10 passed, 0 failed, 0 not tried$/m);
    assertNothingLeft(region);
  });

  it('cleans up after an interruption, and says what was not tried', async (context) => {
    const { region, environment } = await useRegion(context);
    const run = ['ebs', '--endpoint', region.endpoint];
    const { exitCode, output } = await smoke(run, environment, /^grow in use/m);
    assert.equal(exitCode, 1, output);
    assert.match(output, /^restore +0\.0 +not tried$/m);
    assertNothingLeft(region);
  });

  it('names the step that failed and why, and leaves nothing', async (context) => {
    const { region, environment } = await useRegion(context);
    const fault = { kind: 'error', status: 400, code: 'SnapshotLimitExceeded' } as const;
    region.faults.add({ operations: ['CreateSnapshot'], fault });
    const { exitCode, output } = await smoke(['ebs', '--endpoint', region.endpoint], environment);
    assert.equal(exitCode, 1, output);
    assert.match(output, /^clone through a snapshot +\d+\.\d +FAILED .*E_CLOUD_LIMIT/m);
    assertNothingLeft(region);
  });

  it('makes every call of the driver against moto, where disks are attached only in name', async (context) => {
    const { region } = await useRegion(context);
    const moto = await startMoto(region.region);
    context.after(async () => await moto.close());
    const id = await moto.addInstance('eu-central-1a');
    const metadata = await region.control.startMetadata(region.control.addInstance({ id }));
    const environment = {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
    };
    const run = ['ebs', '--without-disks', '--endpoint', moto.endpoint];
    const { exitCode, output } = await smoke(run, environment);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^10 passed, 0 failed, 0 not tried$/m);
  });

  it('says how it is used', async () => {
    const { exitCode, output } = await smoke(['floppy'], {});
    assert.equal(exitCode, 2);
    assert.match(output, /usage: scripts\/smoke BACKEND/);
  });
});
