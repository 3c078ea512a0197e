import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type BadInput, describeBadInput } from '../../support/bad-input.ts';

const NOT_JSON = /the body is not JSON/;

/** A body that is refused as a request. */
function body(what: string, sent: unknown, names: RegExp, call = 'Create'): BadInput {
  return { what, call, body: sent, status: 400, code: 'E_INVALID_REQUEST', names };
}

const texts: readonly BadInput[] = [
  body('cut short', '{"Name":"db"', NOT_JSON),
  body('cut short in a text', '{"Name":"db', NOT_JSON),
  body('blanks only', ' \n\t ', NOT_JSON),
  body('single quotes', "{'Name':'db'}", NOT_JSON),
  body('a comma too many', '{"Name":"db",}', NOT_JSON),
  body('more behind it', '{"Name":"db"} {"Name":"dc"}', NOT_JSON),
  body('a byte order mark', '\ufeff{"Name":"db"}', NOT_JSON),
  body('a line feed in a text', '{"Name":"d\nb"}', NOT_JSON),
  body('HTML', '<html><body>', NOT_JSON),
  body('a form', 'Name=db&Opts=size', NOT_JSON),
  body('UTF-16', Buffer.from('{"Name":"db"}', 'utf16le'), NOT_JSON),
  body('zero bytes', Buffer.alloc(10_000), NOT_JSON),
  body('random bytes', randomBytes(10_000), NOT_JSON),
  body('gzip', gzipSync('{"Name":"db"}'), NOT_JSON),
  body('100,000 brackets', '['.repeat(100_000), NOT_JSON),
];

const types: readonly BadInput[] = [
  body('an array', [], /the body: .*expected object, received array/),
  body('null', null, /the body: .*expected object, received null/),
  body('a number', 42, /the body: .*expected object/),
  body('a text', '"db"', /the body: .*expected object, received string/),
  body('deep nesting', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, /the body: .*expected object/),
  body('no name', {}, /Name: .*expected string, received undefined/),
  body('the name in lower case', { name: 'db' }, /Name: .*expected string, received undefined/),
  body('a number for the name', { Name: 123 }, /Name: .*expected string, received number/),
  body('null for the name', { Name: null }, /Name: .*expected string, received null/),
  body('an array for the name', { Name: ['db'] }, /Name: .*expected string, received array/),
  body(
    'the name twice, the last one wrong',
    '{"Name":"db","Name":1}',
    /Name: .*expected string, received number/,
  ),
  body('an array for the options', { Name: 'db', Opts: ['size=1'] }, /Opts: .*received array/),
  body('a text for the options', { Name: 'db', Opts: 'size=1' }, /Opts: .*received string/),
  body(
    'a number for an option',
    { Name: 'db', Opts: { size: 1 } },
    /Opts\.size: .*expected string, received number/,
  ),
  body(
    'null for an option',
    { Name: 'db', Opts: { size: null } },
    /Opts\.size: .*expected string, received null/,
  ),
  body(
    'an object for an option',
    { Name: 'db', Opts: { size: { a: 1 } } },
    /Opts\.size: .*expected string, received object/,
  ),
  body('a value of more than 64 KiB', { Name: 'db', Opts: { size: 'x'.repeat(65_537) } }, /Opts\.size: /),
  body('an option name of 100 KiB', { Name: 'db', Opts: { ['x'.repeat(100_000)]: '1' } }, /Opts/),
  body('a wrong value under a long name', { Name: 'db', Opts: { ['x'.repeat(900_000)]: 1 } }, /Opts/),
];

const ids: readonly BadInput[] = [
  body('Mount without an ID', { Name: 'db' }, /ID: .*expected string, received undefined/, 'Mount'),
  body('Mount with an empty ID', { Name: 'db', ID: '' }, /ID: must not be empty/, 'Mount'),
  body('Mount with a number', { Name: 'db', ID: 5 }, /ID: .*expected string, received number/, 'Mount'),
  body('Mount with a long ID', { Name: 'db', ID: 'x'.repeat(257) }, /ID: .*256/, 'Mount'),
  body('Unmount without an ID', { Name: 'db' }, /ID: .*expected string, received undefined/, 'Unmount'),
  body('Remove without a name', {}, /Name: .*expected string, received undefined/, 'Remove'),
  body('Get with a number', { Name: 7 }, /Name: .*expected string, received number/, 'Get'),
  body('Path with an array', [], /the body: .*expected object/, 'Path'),
];

describeBadInput('bodies that are no JSON', () => texts);
describeBadInput('JSON of the wrong shape', () => types);
describeBadInput('bad mount IDs', () => ids);
