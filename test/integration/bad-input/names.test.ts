import { type BadInput, describeBadInput } from '../../support/bad-input.ts';

const NAMES: Readonly<Record<string, string>> = {
  empty: '',
  dot: '.',
  'dot dot': '..',
  'way up': '../etc',
  'way far up': '../../../../etc/passwd',
  'way up in the middle': 'a/../../etc',
  slash: 'a/b',
  'absolute path': '/etc',
  backslash: 'a\\b',
  NUL: 'db\0.txt',
  'line feed': 'db\nERROR',
  'carriage return': 'db\rx',
  tab: 'a\tb',
  'escape sequence': '\u001b[31mred',
  'C1 control character': 'a\u009b31m',
  'line separator': 'a\u2028b',
  umlauts: 'ünï',
  Chinese: '語',
  emoji: '😀',
  'half a surrogate pair': 'a\ud800',
  'direction override': 'a\u202etxt',
  'full-width dots': '．．',
  blank: 'a b',
  'leading blank': ' a',
  'trailing blank': 'a ',
  'leading dash': '-rf',
  'leading dot': '.hidden',
  'leading underscore': '_x',
  colon: 'a:b',
  'shell words': '$(id)',
  quote: 'a"b',
  'percent encoding': '%2e%2e%2fetc',
  '129 characters': 'a'.repeat(129),
  '64 KiB': 'a'.repeat(65_536),
  'more than 64 KiB': 'a'.repeat(65_537),
};

const NOT_PLAIN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** How the line shows a name: as JSON, in plain characters, or its beginning when it is long. */
function shown(name: string): RegExp {
  if (name.length > 65_536) return /Name: .*65536/;
  if (name.length > 60) return /"a{60}…" is not a volume name/;
  const plain = JSON.stringify(name).replaceAll(NOT_PLAIN, ' ');
  return new RegExp(`${plain.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)} is not a volume name`);
}

function rows(): BadInput[] {
  const creates = Object.entries(NAMES).map(([what, name]) => ({
    what: `Create: ${what}`,
    body: { Name: name, Opts: null },
    status: name.length > 65_536 ? 400 : 200,
    code: name.length > 65_536 ? 'E_INVALID_REQUEST' : 'E_INVALID_NAME',
    names: shown(name),
  }));
  const mounts = ['..', 'a/b', 'db\n', 'a'.repeat(129)].map((name) => ({
    what: `Mount: ${JSON.stringify(name.slice(0, 20))}`,
    call: 'Mount',
    body: { Name: name, ID: 'id' },
    code: 'E_INVALID_NAME',
    names: /is not a volume name/,
  }));
  const gets = ['..', '../../etc/passwd', 'a\0'].map((name) => ({
    what: `Get: ${JSON.stringify(name)}`,
    call: 'Get',
    body: { Name: name },
    code: 'E_VOLUME_NOT_FOUND',
    names: /no such volume/,
  }));
  return [...creates, ...mounts, ...gets];
}

describeBadInput('bad names', rows);
