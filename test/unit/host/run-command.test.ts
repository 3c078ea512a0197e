import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { StowageError } from '../../../plugin/core/errors.ts';
import { commandRunner } from '../../../plugin/host/run-command.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordingLog } from '../../support/recording-log.ts';

const log = new RecordingLog();
const run = commandRunner(log);
const deadline = 20_000;

/** Runs a script given as an argument, which is how these tests make a command do as they want. */
function script(text: string, options = { deadline }): ReturnType<typeof run> {
  return run('sh', ['-c', text], options);
}

async function failure(work: Promise<unknown>): Promise<StowageError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StowageError, `it threw ${String(error)}`);
  assert.equal(error.code, 'E_HOST_FAILED');
  return error;
}

describe('commandRunner', () => {
  it('gives what the command wrote, in the C locale, without our environment and input', async () => {
    const result = await script('echo "$LC_ALL $HOME"; cat; pwd; echo oops >&2');
    assert.equal(result.stdout, 'C \n/\n');
    assert.equal(result.stderr, 'oops\n');
  });

  it('hands arguments over as they are', async () => {
    const { stdout } = await run('printf', ['%s|', '$(id)', '; rm -rf x', '*', ''], { deadline });
    assert.equal(stdout, '$(id)|; rm -rf x|*||');
  });

  it('names the command, its exit code and its last words', async () => {
    const error = await failure(script('echo first >&2; echo "the disk is on fire" >&2; exit 3'));
    assert.match(error.message, /^sh failed: .*the disk is on fire$/);
    assert.equal(error.details['exitCode'], 3);
  });

  it('accepts the exit codes it is told to', async () => {
    const result = await run('sh', ['-c', 'exit 3'], { deadline, accept: [0, 3] });
    assert.equal(result.exitCode, 3);
    await failure(run('sh', ['-c', 'exit 4'], { deadline, accept: [0, 3] }));
  });

  it('keeps the end of much output', async () => {
    const error = await failure(script('yes 0123456789 | head -c 1000000 >&2; echo last >&2; exit 1'));
    assert.equal(String(error.details['stderr']).length, 4096);
    assert.match(error.message, /last$/);
    assert.ok(error.message.length < 400);
  });

  it('ends what takes too long', async () => {
    const started = Date.now();
    const error = await failure(script('exec sleep 60', { deadline: 200 }));
    assert.match(error.message, /longer than 0\.2 s/);
    assert.ok(Date.now() - started < 10_000);
  });

  it('says that a command is not installed', async () => {
    const error = await failure(run('no-such-command', [], { deadline }));
    assert.match(error.message, /no-such-command/);
    assert.match(error.message, /not installed|cannot be started/);
  });

  it('logs command and arguments at debug level', async () => {
    await run('true', ['one'], { deadline });
    const last = log.events.at(-1);
    assert.deepEqual(last, {
      level: 'debug',
      fields: { command: 'true', parameters: ['one'] },
      message: 'command',
    });
  });

  it('takes its commands along when the process is killed', async () => {
    const module = new URL('../../../plugin/host/run-command.ts', import.meta.url).href;
    const text = `
      import { commandRunner } from '${module}';
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      void commandRunner(log)('sleep', ['60'], { deadline: 60_000 });`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', text], {
      stdio: 'ignore',
    });
    const sleeper = await eventually(() => childNamed(child.pid ?? 0, 'sleep'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(() => assert.ok(!existsSync(`/proc/${sleeper}`), 'the command goes on'));
  });
});

function childNamed(parent: number, name: string): string {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ');
  const found = children.find(
    (pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name,
  );
  assert.ok(found !== undefined, `no ${name} yet`);
  return found;
}
