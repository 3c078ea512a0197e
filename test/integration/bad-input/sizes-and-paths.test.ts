import { type BadInput, describeBadInput, options } from '../../support/bad-input.ts';

const INVALID = 'E_INVALID_OPTION';
const FORBIDDEN = 'E_PATH_NOT_ALLOWED';

const noSizes = [
  '0',
  '0GiB',
  '-1',
  '-10GiB',
  '+5',
  '1e3',
  '0x10',
  'huge',
  '',
  ' ',
  '1.5.5G',
  '10 apples',
  '１０GiB',
  '10GiB;id',
  '5G\n5G',
];
const tooLarge = ['99999999999999999999', '9007199254740993B', '8192P', '999999999999999T'];

const sizes: readonly BadInput[] = [
  ...[...noSizes, ...tooLarge].map((size) =>
    options(`size ${JSON.stringify(size)}`, { size }, INVALID, /size=".*" is not a size; write 10GiB/),
  ),
  options('1 byte', { size: '1B' }, INVALID, /size is too small for ext4; the least is 16MiB/),
  options('too small for ext4', { size: '15.9MiB' }, INVALID, /ext4; the least is 16MiB/),
  options('too small for xfs', { size: '299MiB', fsType: 'xfs' }, INVALID, /xfs; the least is 300MiB/),
  options('too small for btrfs', { size: '127MiB', fsType: 'btrfs' }, INVALID, /btrfs; the least is 128MiB/),
  options('no size for memory', { medium: 'memory', size: '0' }, INVALID, /size="0"/),
  options(
    'larger than a file can be',
    { size: '7P' },
    'E_NO_SPACE',
    /7881299347898368 bytes failed: file too large/,
  ),
  options(
    'size of a host directory',
    { path: '/srv', size: '1g' },
    INVALID,
    /path and size exclude each other/,
  ),
];

function paths(root: string): BadInput[] {
  const path = (what: string, given: string, code: string, names: RegExp): BadInput =>
    options(what, { path: given }, code, names);
  return [
    path('empty', '', INVALID, /path="" is not an absolute path/),
    path('relative', 'srv/ok', INVALID, /path="srv\/ok" is not an absolute path/),
    path('the root', '/', INVALID, /path="\/"/),
    path('dot', `${root}/srv/./ok`, INVALID, /path=".*\/srv\/\.\/ok" is not an absolute path/),
    path('a way up', `${root}/srv/../outside`, INVALID, /\.\.\/outside" is not an absolute path free of/),
    path('a way up at the end', `${root}/srv/..`, INVALID, /srv\/\.\." is not an absolute path/),
    path('NUL', `${root}/srv/ok\0`, INVALID, /ok\\u0000"/),
    path('line feed', `${root}/srv/ok\n/etc`, INVALID, /ok\\n\/etc"/),
    path('5,000 characters', `${root}/srv/${'x'.repeat(5_000)}`, INVALID, /path=".*…" is not/),
    path(
      'outside the allowed directories',
      `${root}/outside`,
      FORBIDDEN,
      /path=.*\/outside is not below a directory .*\/srv/,
    ),
    path('a host’s own directory', '/etc', FORBIDDEN, /path=\/etc is not below/),
    path('the kernel’s directory', '/proc/1/root', FORBIDDEN, /path=\/proc\/1\/root is not below/),
    path('a name that begins like an allowed one', `${root}/srv-not`, FORBIDDEN, /srv-not is not below/),
    path('above the allowed directory', root, FORBIDDEN, /is not below/),
    path(
      'a link that leaves',
      `${root}/srv/way-out`,
      FORBIDDEN,
      /way-out leads through a symbolic link out of/,
    ),
    path(
      'below a link that leaves',
      `${root}/srv/way-out/deep`,
      FORBIDDEN,
      /way-out\/deep leads through a symbolic link/,
    ),
    path('a relative link that leaves', `${root}/srv/relative-way-out`, FORBIDDEN, /relative-way-out leads/),
    path('a link to the root', `${root}/srv/to-root`, FORBIDDEN, /to-root leads/),
    path('a link that leads to itself', `${root}/srv/loop`, INVALID, /srv\/loop/),
    path('a link to nowhere', `${root}/srv/broken`, INVALID, /srv\/broken/),
    path('absent', `${root}/srv/absent`, INVALID, /srv\/absent/),
    path('a file', `${root}/srv/file`, INVALID, /srv\/file/),
    path('below a file', `${root}/srv/file/x`, INVALID, /srv\/file\/x/),
    path(
      'Stowage’s own directory',
      `${root}/data`,
      FORBIDDEN,
      /data would show Stowage's own data directory/,
    ),
    path(
      'in Stowage’s own directory',
      `${root}/data/state`,
      FORBIDDEN,
      /data\/state would show Stowage's own/,
    ),
    options(
      'a path that is to be deleted',
      { path: `${root}/srv/ok`, reclaimPolicy: 'delete' },
      INVALID,
      /never deleted/,
    ),
    options('a path with an owner', { path: `${root}/srv/ok`, uid: '0' }, INVALID, /path and uid exclude/),
    options('a path with a link to our data', { path: `${root}/srv/to-data` }, FORBIDDEN, /to-data/),
  ];
}

describeBadInput('bad sizes', () => sizes);
describeBadInput('bad paths', paths);
