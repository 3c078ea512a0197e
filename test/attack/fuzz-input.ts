import { SeededRandom } from './random.ts';

/** One thing to send. */
export interface FuzzInput {
  /** As it goes over the wire. */
  readonly bytes: Buffer;
  /** False when what is sent need not be a whole request, so that no answer may be waited for. */
  readonly framed: boolean;
}

const METHODS = ['Create', 'Remove', 'Mount', 'Unmount', 'Path', 'Get', 'List', 'Capabilities'];
/** Few, so that calls meet on the same volume. */
const NAMES = ['fuzz-a', 'fuzz-b', 'fuzz-c', 'fuzz-d'];
const ASKING = new Set(['Get', 'Path', 'List', 'Capabilities']);
const STRINGS = [
  '',
  '.',
  '..',
  '../../etc',
  '/etc/passwd',
  'a/b',
  'a\u0000b',
  'a\nb',
  '\u202ename',
  '\ud800',
  '😀',
  '-rf',
  '$(id)',
  '%00',
  '%2e%2e%2f',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'NaN',
  '1e999',
  '-1',
  '0x10',
  'é',
  'e\u0301',
  'A'.repeat(129),
  'B'.repeat(5_000),
  '"',
  '\\',
  "'; DROP TABLE volumes; --",
  '${jndi:x}',
  '{{7*7}}',
  '\u2028',
];
const OPTIONS = [
  'size',
  'fsType',
  'mkfsOptions',
  'mountOptions',
  'o',
  'path',
  'medium',
  'from',
  'reclaimPolicy',
  'sticky',
  'uid',
  'gid',
  'mode',
  'backend',
  'device',
  'type',
  'SIZE',
  'mount-options',
  '__proto__',
  'constructor',
  'password',
];
const VALUES = [
  '1',
  '10GiB',
  '1B',
  '999999PiB',
  '-5',
  '0',
  'ext4',
  'memory',
  'disk',
  'retain',
  'delete',
  'true',
  'local',
  'aws',
  'ro',
  'exec,suid',
  'bind',
  'ro,../../etc',
  '/',
  '/etc',
  '/proc/self/root',
  '0777',
  '7777',
  '4294967295',
  '-d /etc',
  '-E root_owner=0:0',
  'fuzz-a',
];

/** Makes the input of this number; the same for the same seed. */
export function fuzzInput(seed: number, index: number): FuzzInput {
  const random = new SeededRandom(seed ^ Math.imul(index + 1, 0x9e3779b1));
  if (random.chance(12)) return { bytes: broken(random), framed: false };
  const call = random.pick(METHODS);
  const body = bodyOf(random, call);
  const target = random.chance(92) ? `/VolumeDriver.${call}` : otherTarget(random);
  const method = random.chance(97) ? 'POST' : random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
  return { bytes: request(method, target, body, extraHeaders(random)), framed: true };
}

function request(method: string, target: string, body: Buffer, headers: string): Buffer {
  const head = `${method} ${target} HTTP/1.1\r\nHost: \r\nContent-Length: ${String(body.length)}\r\n${headers}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

function otherTarget(random: SeededRandom): string {
  const odd = [
    '/',
    '/Plugin.Activate',
    '/VolumeDriver.',
    '/volumedriver.get',
    '//VolumeDriver.List',
    '/VolumeDriver.List/../../etc/passwd',
    '/VolumeDriver.Get?Name=x',
    '/%56olumeDriver.List',
    '/GraphDriver.Init',
    `/${'x'.repeat(2_000)}`,
  ];
  return random.pick(odd);
}

function extraHeaders(random: SeededRandom): string {
  if (random.chance(80)) return '';
  const odd = [
    'Content-Type: text/plain',
    'Content-Encoding: gzip',
    'Content-Encoding: br',
    'Expect: 100-continue',
    'Connection: close',
    'X: y',
    'Accept: */*',
    'Content-Type: application/json; charset=utf-7',
    'Transfer-Encoding-X: chunked',
    `X-Long: ${'v'.repeat(4_000)}`,
  ];
  return `${random.pick(odd)}\r\n`;
}

function bodyOf(random: SeededRandom, call: string): Buffer {
  if (random.chance(4)) return Buffer.alloc(0);
  let text = `${JSON.stringify(valueOf(random, call))}\n`;
  // An object literal would lose this key.
  if (random.chance(5)) text = text.replace('"Name"', '"__proto__"');
  let bytes: Buffer = Buffer.from(text);
  const changes = random.chance(55) ? 0 : 1 + random.below(4);
  for (let change = 0; change < changes; change += 1) bytes = mutate(random, bytes);
  return bytes;
}

function valueOf(random: SeededRandom, call: string): unknown {
  if (random.chance(6)) return random.pick([null, true, 0, -1.5, '', [], {}, [[[]]], 'Name']);
  return { Name: nameOf(random, call), ...part(random, 'ID', idOf), ...part(random, 'Opts', optionsOf) };
}

function part(random: SeededRandom, key: string, make: (random: SeededRandom) => unknown): object {
  return random.chance(60) ? { [key]: make(random) } : {};
}

function nameOf(random: SeededRandom, call: string): unknown {
  // What really works on a volume takes a hundred times as long as what is refused.
  if (random.chance(ASKING.has(call) ? 40 : 6)) return random.pick(NAMES);
  if (call !== 'Create' && random.chance(40)) return `ghost-${String(random.below(50))}`;
  return random.chance(85) ? random.pick(STRINGS) : random.pick([null, 7, {}, [], true]);
}

function idOf(random: SeededRandom): unknown {
  return random.chance(80) ? `id-${String(random.below(3))}` : random.pick([...STRINGS, null, 3]);
}

function optionsOf(random: SeededRandom): unknown {
  if (random.chance(30)) return null;
  const count = random.below(4);
  return Object.fromEntries(Array.from({ length: count }, () => optionOf(random)));
}

function optionOf(random: SeededRandom): [string, unknown] {
  const key = random.chance(85) ? random.pick(OPTIONS) : random.pick(STRINGS);
  const odd = (): unknown => (random.chance(80) ? random.pick(STRINGS) : random.pick([1, null, {}, []]));
  return [key, random.chance(75) ? random.pick(VALUES) : odd()];
}

/** Turns bits, cuts, doubles, inserts. */
function mutate(random: SeededRandom, bytes: Buffer): Buffer {
  if (bytes.length === 0) return random.bytes(1);
  const at = random.below(bytes.length);
  switch (random.below(5)) {
    case 0: {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at)]);
    default:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(random.pick(['{', '}', '[', ']', '"', ',', ':', '\\u0000', '1e9', 'null'])),
        bytes.subarray(at),
      ]);
  }
}

/** Bytes that are no request, or not a whole one, or more than one. */
function broken(random: SeededRandom): Buffer {
  const call = random.pick(METHODS);
  const whole = request('POST', `/VolumeDriver.${call}`, bodyOf(random, call), extraHeaders(random));
  const chunked = 'POST /VolumeDriver.List HTTP/1.1\r\nHost: \r\nTransfer-Encoding: chunked\r\n';
  switch (random.below(7)) {
    case 0:
      return random.bytes(1 + random.below(300));
    case 1:
      return whole.subarray(0, random.below(whole.length));
    case 2:
      return mutate(random, mutate(random, whole));
    case 3:
      // Two lengths, or a length and chunks: what one side takes for a body must not be a request for the other.
      return Buffer.from(`${chunked}Content-Length: 5\r\n\r\n0\r\n\r\n${whole.toString('latin1')}`, 'latin1');
    case 4:
      return Buffer.from(
        `${chunked}\r\n${random.pick(['ffffffffffffffff', '-1', 'zz', '5'])}\r\n{}\r\n`,
        'latin1',
      );
    case 5:
      return Buffer.concat(Array.from({ length: 1 + random.below(5) }, () => whole));
    default:
      return Buffer.from(
        whole.toString('latin1').replace(/HTTP\/1\.1/, random.pick(['HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', ''])),
        'latin1',
      );
  }
}
