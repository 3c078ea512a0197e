import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAnswers } from '../faults/bench.ts';
import { eventually } from '../support/eventually.ts';
import type { Stowage } from '../support/stowage.ts';
import { useStowage } from '../support/use-stowage.ts';
import { RawConnection } from './raw-connection.ts';

const HEAD = 'POST /VolumeDriver.Get HTTP/1.1\r\nHost: \r\n';

function residentMebibytes(stowage: Stowage): number {
  const status = readFileSync(`/proc/${String(stowage.pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

async function open(stowage: Stowage): Promise<Socket> {
  // EAGAIN: more wait to be taken than the kernel keeps in its queue.
  return await eventually(async () => {
    const socket = connect(stowage.socket);
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    return socket;
  }, 30_000);
}

test('slow and never-ending requests hold up nobody', async (context) => {
  const stowage = await useStowage(context);
  await stowage.engine.create('v');
  const begun = [
    '',
    'P',
    'POST /Volu',
    HEAD,
    `${HEAD}X-Slow: `,
    `${HEAD}Content-Length: 100\r\n\r\n{"Name"`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"Nam`,
    `${HEAD}Content-Length: 99999999999\r\n\r\n`,
  ];
  const sockets = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const socket = await open(stowage);
      socket.write(begun[index % begun.length] ?? '');
      return socket;
    }),
  );
  for (let round = 0; round < 10; round += 1) {
    for (const socket of sockets) if (!socket.destroyed) socket.write(' ');
    await assertAnswers(stowage);
    assert.equal((await stowage.engine.get('v')).Name, 'v');
    await sleep(50);
  }
  for (const socket of sockets) socket.destroy();
  await assertAnswers(stowage);
});

test('a body without end is cut off at 1 MiB', async (context) => {
  const stowage = await useStowage(context);
  for (const head of [
    `${HEAD}Content-Length: 1000000000\r\n\r\n`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
  ]) {
    const socket = await open(stowage);
    const answer = { text: '' };
    socket.on('data', (chunk: Buffer) => (answer.text += chunk.toString('latin1')));
    socket.write(head);
    const part = head.includes('chunked') ? `10000\r\n${'x'.repeat(65_536)}\r\n` : 'x'.repeat(65_536);
    for (let sent = 0; sent < 64 && !socket.destroyed && answer.text === ''; sent += 1) {
      socket.write(part);
      await sleep(5);
    }
    // The answer may be lost with what was still being sent.
    await eventually(() => {
      assert.ok(answer.text.startsWith('HTTP/1.1 413 ') || socket.destroyed, 'it goes on reading');
    });
    socket.destroy();
  }
  await assertAnswers(stowage);
});

test('10,000 connections: it answers among them, and memory stays within bounds', async (context) => {
  const stowage = await useStowage(context);
  await stowage.engine.create('v');
  const sockets: Socket[] = [];
  try {
    for (let batch = 0; batch < 100; batch += 1) {
      const opened = await Promise.all(Array.from({ length: 100 }, async () => await open(stowage)));
      for (const socket of opened) socket.write(HEAD);
      sockets.push(...opened);
    }
    assert.equal((await stowage.engine.get('v')).Name, 'v');
    await assertAnswers(stowage);
    const memory = residentMebibytes(stowage);
    context.diagnostic(`memory with ${String(sockets.length)} connections: ${memory.toFixed(0)} MiB`);
    assert.ok(memory < 700, `memory grew to ${memory.toFixed(0)} MiB`);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await assertAnswers(stowage);
});

test('JSON bombs and names of JavaScript are data, nothing more', async (context) => {
  const stowage = await useStowage(context);
  const connection = new RawConnection(stowage.socket);
  const send = async (body: string, call = 'Create'): Promise<string> => {
    const head = `POST /VolumeDriver.${call} HTTP/1.1\r\nHost: \r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n`;
    return (await connection.ask(Buffer.from(head + body)))?.body ?? '';
  };
  const deep = 300_000;
  const many = (value: string): string =>
    `{${Array.from({ length: 60_000 }, (_, index) => `"k${String(index)}":${value}`).join(',')}}`;
  const bombs = [
    '['.repeat(deep) + ']'.repeat(deep),
    `{"Name":"v","Opts":{"a":${'['.repeat(deep)}${']'.repeat(deep)}}}`,
    `{"Name":"v","Opts":${many('"1"')}}`,
    `{"Name":"v","Opts":${many('1')}}`,
    `{"Name":"v","Opts":{"${'k'.repeat(500_000)}":"1"}}`,
    `{"Name":"v","Opts":{"size":"${'9'.repeat(60_000)}"}}`,
    `{"Name":"${'n'.repeat(900_000)}","Opts":null}`,
  ];
  for (const bomb of bombs) {
    const begin = performance.now();
    const answer = await send(bomb);
    const took = performance.now() - begin;
    assert.match(answer, /\(E_(INVALID_REQUEST|INVALID_NAME|INVALID_OPTION)\)/, answer.slice(0, 300));
    assert.ok(
      answer.length < 2_000,
      `an answer of ${String(answer.length)} characters to ${bomb.slice(0, 40)}`,
    );
    assert.ok(took < 3_000, `${took.toFixed(0)} ms for ${bomb.slice(0, 40)}`);
  }
  for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
    assert.match(await send(`{"Name":"w","Opts":{"${key}":"polluted"}}`), /E_INVALID_(OPTION|REQUEST)/, key);
    assert.match(await send(`{"Name":"w","Opts":{"${key}":{"size":"1"}}}`), /E_INVALID/, key);
    assert.match(await send(`{"${key}":{"Name":"w"}}`), /E_INVALID_REQUEST/, key);
    await send(`{"Name":"${key}"}`, 'Get');
  }
  for (const key of ['constructor', 'prototype']) {
    assert.equal(await send(`{"Name":"${key}","Opts":null}`), '{}\n');
    await stowage.engine.remove(key);
  }
  assert.deepEqual(await stowage.engine.list(), []);
  connection.close();
});

test('pipelined requests are answered in order; what follows a smuggled one is not', async (context) => {
  const stowage = await useStowage(context);
  const names = Array.from({ length: 2_000 }, (_, index) => `n${String(index)}`);
  const request = (call: string, body: string): string =>
    `POST /VolumeDriver.${call} HTTP/1.1\r\nHost: \r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
  const connection = new RawConnection(stowage.socket);
  const all =
    names.map((name) => request('Remove', `{"Name":"${name}"}`)).join('') + request('Get', '{"Name":"last"}');
  const count = (answers: string): number => answers.match(/HTTP\/1\.1 200 OK/g)?.length ?? 0;
  const done = (answers: string): boolean => count(answers) > names.length && answers.endsWith('\n');
  const text = await connection.sendAndWait(Buffer.from(all), 30_000, done);
  assert.equal(count(text), names.length + 1);
  assert.match(text.slice(-300), /last/);

  const smuggled = request('Create', '{"Name":"smuggled","Opts":null}');
  const carriers = [
    `POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nContent-Length: 0\r\nContent-Length: ${String(smuggled.length)}\r\n\r\n${smuggled}`,
    `POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nContent-Length : 0\r\n\r\n${smuggled}`,
  ];
  for (const carrier of carriers)
    await new RawConnection(stowage.socket).sendAndWait(Buffer.from(carrier), 500, () => false);
  const flood = `${HEAD}${Array.from({ length: 3_000 }, (_, index) => `X-${String(index)}: y\r\n`).join('')}\r\n`;
  assert.match(await new RawConnection(stowage.socket).sendAndEnd(Buffer.from(flood)), /^HTTP\/1\.1 431 /);
  assert.deepEqual(await stowage.engine.list(), [], 'a smuggled request was carried out');
  await assertAnswers(stowage);
});
