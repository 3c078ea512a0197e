import { type BadInput, describeBadInput, options } from '../../support/bad-input.ts';

const INVALID = 'E_INVALID_OPTION';
const SIZED = { size: '32MiB' };

const unknown: readonly BadInput[] = [
  options(
    'a name with a typing error',
    { sizee: '1g' },
    INVALID,
    /"sizee" is not an option .*did you mean "size"\?/,
  ),
  options('letters swapped, other case', { SZIE: '1g' }, INVALID, /"SZIE".*did you mean "size"\?/),
  options(
    'a peer’s option with a typing error',
    { filesystm: 'xfs' },
    INVALID,
    /did you mean "filesystem"\?/,
  ),
  options('the backend with a typing error', { bakend: 'local' }, INVALID, /did you mean "backend"\?/),
  options('nothing like it', { encryption: 'on' }, INVALID, /"encryption".*the options are size, fsType/),
  options('an empty name', { '': 'x' }, INVALID, /"" is not an option/),
  options(
    'a name with a blank at its end',
    { 'size ': '1g' },
    INVALID,
    /"size " is not an option.*did you mean "size"/,
  ),
  options('a name with a line feed', { 'size\nx': '1g' }, INVALID, /"size\\nx" is not an option/),
  options('a name of 900 characters', { ['x'.repeat(900)]: '1' }, INVALID, /"x{40}…" is not an option/),
  options('a name of JavaScript’s own', { constructor: 'x' }, INVALID, /"constructor" is not an option/),
  {
    what: '500 unknown names',
    body: {
      Name: 'db',
      Opts: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`zzzzzz${String(n)}`, 'v'])),
    },
    status: 400,
    code: 'E_INVALID_REQUEST',
    names: /Opts: has more than 100 options/,
  },
  options(
    '100 unknown names',
    Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`zzzzzz${String(n)}`, 'v'])),
    INVALID,
    /"zzzzzz0" is not/,
  ),
  {
    what: '__proto__',
    body: '{"Name":"db","Opts":{"__proto__":"x"}}',
    status: 400,
    code: 'E_INVALID_REQUEST',
    names: /"__proto__" is not an option/,
  },
];

const backends: readonly BadInput[] = [
  options(
    'an unknown backend',
    { backend: 'floppy' },
    'E_BACKEND_NOT_FOUND',
    /"floppy" is not a backend \(the backends are local/,
  ),
  options(
    'a backend with a typing error',
    { backend: 'locl' },
    'E_BACKEND_NOT_FOUND',
    /"locl".*did you mean "local"\?/,
  ),
  options('an empty backend', { backend: '' }, 'E_BACKEND_NOT_FOUND', /"" is not a backend/),
  options(
    'a backend that is a path',
    { backend: '../../local' },
    'E_BACKEND_NOT_FOUND',
    /"\.\.\/\.\.\/local"/,
  ),
  options(
    'two different backends',
    { backend: 'local', BACKEND: 'other' },
    INVALID,
    /backend is given twice/,
  ),
];

const twice: readonly BadInput[] = [
  options(
    'an option twice, in two cases',
    { size: '32MiB', SIZE: '64MiB' },
    INVALID,
    /size is given twice with different values/,
  ),
  options('an option and its alias', { size: '32MiB', capacity: '64MiB' }, INVALID, /size is given twice/),
  options(
    'two aliases that contradict',
    { sticky: 'true', 'delete-on-remove': 'true' },
    INVALID,
    /reclaimPolicy is given twice/,
  ),
];

const words: readonly BadInput[] = [
  options('fsType', { ...SIZED, fsType: 'zfs' }, INVALID, /fsType="zfs" is not one of ext4, xfs, btrfs/),
  options('fsType with more behind it', { ...SIZED, fsType: 'ext4;reboot' }, INVALID, /fsType="ext4;reboot"/),
  options(
    'fsType that is a path',
    { ...SIZED, fsType: '../../bin/sh' },
    INVALID,
    /fsType="\.\.\/\.\.\/bin\/sh"/,
  ),
  options('fsType without size', { fsType: 'ext4' }, INVALID, /fsType needs size/),
  options('medium', { medium: 'tape' }, INVALID, /medium="tape" is not one of disk, memory/),
  options('medium=memory without size', { medium: 'memory' }, INVALID, /medium=memory needs size/),
  options(
    'medium=memory with fsType',
    { medium: 'memory', size: '1m', fsType: 'ext4' },
    INVALID,
    /medium=memory and fsType/,
  ),
  options(
    'medium=memory that is to be kept',
    { medium: 'memory', size: '1m', reclaimPolicy: 'retain' },
    INVALID,
    /reclaimPolicy=retain/,
  ),
  options(
    'reclaimPolicy',
    { reclaimPolicy: 'recycle' },
    INVALID,
    /reclaimPolicy="recycle" is not one of delete, retain/,
  ),
  options('sticky', { sticky: 'maybe' }, INVALID, /sticky="maybe"/),
  options('uid below 0', { uid: '-1' }, INVALID, /uid="-1" is not a user or group number/),
  options('uid that the kernel keeps for itself', { uid: '4294967295' }, INVALID, /uid="4294967295"/),
  options('uid by name', { uid: 'root' }, INVALID, /uid="root"/),
  options('gid with a fraction', { gid: '1.5' }, INVALID, /gid="1\.5"/),
  options('gid beyond 32 bits', { gid: '99999999999' }, INVALID, /gid="99999999999"/),
  options('mode that is not octal', { mode: '999' }, INVALID, /mode="999" is not a mode/),
  options('mode in letters', { mode: 'u=rwx' }, INVALID, /mode="u=rwx"/),
  options('mode too long', { mode: '77777' }, INVALID, /mode="77777"/),
  options('many faults at once', { uid: 'x', gid: 'y', mode: 'z' }, INVALID, /uid="x".*gid="y".*mode="z"/),
  options('a value of 64 KiB', { uid: '1'.repeat(65_536) }, INVALID, /uid="1{60}…"/),
];

const injections: readonly BadInput[] = [
  options(
    'mountOptions that take protection away',
    { ...SIZED, mountOptions: 'noatime,exec,suid,dev' },
    INVALID,
    /"exec", which is not an allowed mount option/,
  ),
  options('mountOptions of a directory that binds', { mountOptions: 'bind' }, INVALID, /"bind"/),
  options(
    'mountOptions with another loop device',
    { ...SIZED, mountOptions: 'loop=/dev/sda' },
    INVALID,
    /"loop=\/dev\/sda"/,
  ),
  options(
    'mountOptions with an overlay',
    { mountOptions: 'lowerdir=/,upperdir=/' },
    INVALID,
    /"lowerdir=\/"/,
  ),
  options('mountOptions with a line feed', { ...SIZED, mountOptions: 'ro\nexec' }, INVALID, /"ro\\nexec"/),
  options('mountOptions with NUL', { ...SIZED, mountOptions: 'ro\0' }, INVALID, /"ro\\u0000"/),
  options(
    'mountOptions of another file system',
    { ...SIZED, mountOptions: 'compress=zstd' },
    INVALID,
    /"compress=zstd"/,
  ),
  options(
    'mkfsOptions that copy a directory',
    { ...SIZED, mkfsOptions: '-d /etc' },
    INVALID,
    /"-d\/etc"|"-d"|mkfsOptions has -d/,
  ),
  options(
    'mkfsOptions with another device',
    { ...SIZED, mkfsOptions: '-J device=/dev/sda' },
    INVALID,
    /mkfsOptions.*-J/,
  ),
  options(
    'mkfsOptions with a device of its own',
    { ...SIZED, mkfsOptions: '-m0 /dev/sda' },
    INVALID,
    /mkfsOptions.*\/dev\/sda/,
  ),
  options(
    'mkfsOptions with force',
    { ...SIZED, mkfsOptions: '-F' },
    INVALID,
    /"-F", which is not an allowed mkfs option/,
  ),
  options(
    'mkfsOptions that read a file',
    { ...SIZED, mkfsOptions: '-l /etc/shadow' },
    INVALID,
    /mkfsOptions/,
  ),
  options(
    'mkfsOptions that move the file system',
    { ...SIZED, mkfsOptions: '-E offset=1048576' },
    INVALID,
    /offset=1048576/,
  ),
  options(
    'mkfsOptions in a long form',
    { ...SIZED, mkfsOptions: '--rootdir=/etc' },
    INVALID,
    /mkfsOptions.*--rootdir/,
  ),
  options(
    'mkfsOptions with shell words',
    { ...SIZED, mkfsOptions: '-L $(id)' },
    INVALID,
    /mkfsOptions.*\$\(id\)/,
  ),
  options(
    'mkfsOptions without a file system to make',
    { mkfsOptions: '-m0' },
    INVALID,
    /mkfsOptions needs size/,
  ),
  options(
    'mkfsOptions that mkfs refuses',
    { ...SIZED, mkfsOptions: '-b 999' },
    INVALID,
    /mkfsOptions.*invalid block size - 999/,
  ),
];

const clones: readonly BadInput[] = [
  options(
    'from a volume that is not there',
    { from: 'nosuch' },
    'E_VOLUME_NOT_FOUND',
    /from=nosuch names a volume that does not exist/,
  ),
  options('from itself', { from: 'db' }, INVALID, /clone of itself/),
  options('from a path', { from: '../db' }, INVALID, /from="\.\.\/db" is not a volume name/),
  options('from with path', { from: 'other', path: '/srv' }, INVALID, /path and from exclude each other/),
];

describeBadInput('unknown options', () => unknown);
describeBadInput('bad backends', () => backends);
describeBadInput('options given twice', () => twice);
describeBadInput('bad values', () => words);
describeBadInput('options that want more than they may', () => injections);
describeBadInput('bad clones', () => clones);
