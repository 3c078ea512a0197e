import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { useStowage } from '../support/use-stowage.ts';
import { assertAnswers, assertData, healed, prepareStowage, volumeWithData } from './bench.ts';

async function prlimit(pid: number, files: number): Promise<void> {
  // The soft limit only: not everybody may raise a hard one again.
  await once(spawn('prlimit', ['--pid', String(pid), `--nofile=${String(files)}:`]), 'close');
}

async function connections(path: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
    const socket = connect(path);
    socket.on('error', () => undefined);
    sockets.push(socket);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return sockets;
}

describe('limits of the process', () => {
  test('out of file descriptors by connections: it lives, and serves again when they are gone', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    await prlimit(stowage.pid, 100);
    const sockets = await connections(stowage.socket, 400);
    for (const socket of sockets) socket.destroy();
    await healed(async () => await assertData(stowage, 'v'));
    assert.equal((await stowage.engine.get('v')).Name, 'v');
  });

  test('out of file descriptors by work: the error says which limit to raise', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    await stowage.engine.list();
    await prlimit(stowage.pid, 10);
    const { body } = await stowage.call('VolumeDriver.Mount', { Name: 'v', ID: 'm' });
    assert.match(String(body['Err']), /\(E_HOST_FAILED\).*raise the limit/);
    assert.doesNotMatch(String(body['Err']), /E_INTERNAL/);
    await prlimit(stowage.pid, 1_000);
    await assertData(stowage, 'v');
  });

  test('out of file descriptors when a command is to be started', async (context) => {
    const stowage = await useStowage(context);
    await stowage.engine.create('v');
    await prlimit(stowage.pid, 10);
    // Asks for a measurement, which starts du a second later.
    await stowage.engine.get('v');
    await stowage.logged('could not measure usage');
    await prlimit(stowage.pid, 1_000);
    await volumeWithData(stowage, 'v2');
    await assertData(stowage, 'v2');
  });

  test('nobody reads its log any more', async (context) => {
    const stowage = await prepareStowage(context);
    const program = stowage.launch();
    await healed(async () => await assertAnswers(stowage));
    program.stdout?.destroy();
    program.stderr?.destroy();
    await volumeWithData(stowage, 'v');
    await assertData(stowage, 'v');
    assert.equal(program.exitCode, null);
  });
});

describe('leftovers of a former process', () => {
  test('a stale socket, and a claim of a process that was killed', async (context) => {
    const stowage = await useStowage(context);
    await volumeWithData(stowage, 'v');
    const target = await stowage.engine.mount('v', 'm');
    await stowage.kill9();
    await stowage.start();
    assert.equal((await stowage.engine.get('v')).Mountpoint, target);
    await stowage.engine.unmount('v', 'm');
    await assertData(stowage, 'v');
  });

  test('a file or a directory in the place of the socket is never removed', async (context) => {
    const stowage = await prepareStowage(context);
    mkdirSync(dirname(stowage.socket), { recursive: true });
    writeFileSync(stowage.socket, 'precious');
    const program = stowage.launch();
    await once(program, 'close');
    assert.equal(program.exitCode, 1);
    assert.match(stowage.output(), /E_INVALID_CONFIG/);
    assert.equal(await stowage.namespace.run('cat', stowage.socket), 'precious');
    rmSync(stowage.socket);
    await stowage.start();
    await assertAnswers(stowage);
  });
});
