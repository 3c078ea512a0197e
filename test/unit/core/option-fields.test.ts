import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { z } from 'zod';
import {
  absolutePathField,
  idField,
  listField,
  modeField,
  sizeField,
  volumeNameField,
  wordField,
} from '../../../plugin/core/option-fields.ts';

/** The canonical spelling of a text, or the fault. */
function canonical<Value>(field: z.ZodType<Value, string>, text: string): string {
  const decoded = field.safeDecode(text);
  return decoded.success ? field.encode(decoded.data) : `fault: ${decoded.error.issues[0]?.message ?? ''}`;
}

interface Table {
  readonly field: z.ZodType<unknown, string>;
  /** text → canonical spelling */
  readonly taken: Readonly<Record<string, string>>;
  readonly refused: readonly string[];
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const tables: Readonly<Record<string, Table>> = {
  size: {
    field: sizeField,
    taken: {
      '10': `${String(10 * GIB)}B`,
      '10GiB': `${String(10 * GIB)}B`,
      '10gb': `${String(10 * GIB)}B`,
      '10G': `${String(10 * GIB)}B`,
      '10 GiB': `${String(10 * GIB)}B`,
      '512m': `${String(512 * MIB)}B`,
      '512MiB': `${String(512 * MIB)}B`,
      '1.5t': `${String(1536 * GIB)}B`,
      '0.5': `${String(GIB / 2)}B`,
      '1024k': `${String(MIB)}B`,
      '1B': '1B',
      '10737418240B': '10737418240B',
      '007G': `${String(7 * GIB)}B`,
    },
    refused: [
      '',
      '0',
      '0B',
      '0.0GiB',
      '-1',
      '-10GiB',
      '+1',
      '1e3',
      '0x10',
      '1,5G',
      '1.G',
      '.5G',
      '1.2345G',
      'G',
      'ten',
      '10XB',
      '10 G iB',
      '10GiBs',
      'NaN',
      'Infinity',
      '９GiB',
      '10GiB\n',
      '1_000',
      '9'.repeat(16),
      '9000000000000',
      '8192P',
    ],
  },
  id: {
    field: idField,
    taken: { '0': '0', '1000': '1000', '007': '7', '4294967294': '4294967294' },
    refused: ['', '-1', '4294967295', '4294967296', '99999999999', '1.0', '1e3', 'root', '0x0', ' 1', '1 '],
  },
  mode: {
    field: modeField,
    taken: {
      '755': '0755',
      '0755': '0755',
      '0o755': '0755',
      '1777': '1777',
      '01777': '1777',
      '000': '0000',
      '4750': '4750',
    },
    refused: ['', '75', '7', '888', '0x755', 'rwxr-xr-x', '77777', '-755', '7 5', 'u=rwx'],
  },
  word: {
    field: wordField(['ext4', 'xfs']),
    taken: { ext4: 'ext4', EXT4: 'ext4', Xfs: 'xfs' },
    refused: ['', 'ext', 'ext3', 'ext4 ', 'ext4,xfs'],
  },
  volumeName: {
    field: volumeNameField,
    taken: { db: 'db', 'my-app_1.2': 'my-app_1.2' },
    refused: ['', '../db', 'a b', '-db', 'x'.repeat(129)],
  },
  absolutePath: {
    field: absolutePathField,
    taken: {
      '/srv': '/srv',
      '/srv/': '/srv',
      '/srv/data///': '/srv/data',
      '/srv/a b': '/srv/a b',
      '/srv/...': '/srv/...',
    },
    refused: [
      '',
      '/',
      '//',
      'srv',
      './srv',
      '/srv/../etc',
      '/srv/..',
      '/srv/./x',
      '/srv//x',
      '/srv/\0',
      '/srv/\n',
      `/${'x'.repeat(4096)}`,
    ],
  },
  list: {
    field: listField([/^(ro|noatime)$/, /^commit=\d+$/], 'mount option'),
    taken: {
      ro: 'ro',
      ' ro , noatime ': 'ro,noatime',
      'noatime,ro': 'noatime,ro',
      '': '',
      ',,': '',
      'commit=5': 'commit=5',
    },
    refused: ['rw', 'ro,exec', 'ro noatime', 'commit=', 'commit=5\nro', 'RO'],
  },
};

for (const [name, { field, taken, refused }] of Object.entries(tables)) {
  describe(`${name} field`, () => {
    for (const [text, expected] of Object.entries(taken)) {
      it(`takes ${JSON.stringify(text)} as ${expected}`, () => {
        assert.equal(canonical(field, text), expected);
        // What is stored must be read back as the same.
        assert.equal(canonical(field, expected), expected);
      });
    }
    for (const text of refused) {
      it(`refuses ${JSON.stringify(text.slice(0, 30))} in words`, () => {
        assert.match(canonical(field, text), /^fault: (is|has) .{5,}/);
      });
    }
  });
}

describe('size field', () => {
  it('gives every number of bytes back that it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        assert.equal(sizeField.decode(sizeField.encode(bytes)), bytes);
      }),
    );
  });

  it('never ends in anything but whole bytes or a fault', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const decoded = sizeField.safeDecode(text);
        if (decoded.success) assert.ok(Number.isSafeInteger(decoded.data) && decoded.data > 0);
      }),
    );
  });
});

describe('mode field', () => {
  it('gives every mode back that it wrote', () => {
    for (let mode = 0; mode <= 0o7777; mode += 1)
      assert.equal(modeField.decode(modeField.encode(mode)), mode);
  });
});
