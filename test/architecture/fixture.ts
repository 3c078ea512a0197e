import type { DocumentedDriver } from './documents.ts';
import type { FileTree } from './file-tree.ts';

/** A small code base that keeps every rule; violations are planted in it. */
export const fixtureTree: FileTree = new Map(
  Object.entries({
    'plugin/main.ts': `import { a } from './protocol/server.ts'; import { r } from '../drivers/registry.ts';`,
    'plugin/config.ts': `import { z } from 'zod'; export const value = process.env['STOWAGE_ONE'];`,
    'plugin/core/errors.ts': `import { inspect } from 'node:util';`,
    'plugin/core/volume-service.ts': `import { z } from 'zod'; import type { Host } from './ports/host.ts';`,
    'plugin/core/ports/host.ts': `import type { StowageError } from '../errors.ts';`,
    'plugin/protocol/server.ts': `import express from 'express'; import { s } from '../core/volume-service.ts';`,
    'plugin/host/mounter.ts': `import { spawn } from 'node:child_process'; import k from 'koffi';`,
    'drivers/registry.ts': `import { disk } from './volume/disk/index.ts'; import { cloud } from './volume/cloud/index.ts';`,
    'drivers/volume/block/stage.ts': `import type { Host } from '../../../plugin/core/ports/host.ts';`,
    'drivers/volume/disk/index.ts': `import { options } from './options.ts';`,
    'drivers/volume/disk/options.ts': `import { z } from 'zod'; import { size } from '../../../plugin/core/options.ts';`,
    'drivers/volume/disk/driver.ts': `import { join } from 'node:path'; // import { x } from 'express';`,
    'drivers/volume/disk/README.md': [
      '| option | also accepted | meaning |',
      '|---|---|---|',
      '| `size` | `capacity`, `quota` | Hard cap, with `\\|` and a `code` word. |',
      '| `path` | | A directory. |',
      '',
      '| value | meaning |',
      '|---|---|',
      '| `other` | a table of something else |',
    ].join('\n'),
    'drivers/volume/cloud/index.ts': `import { stage } from '../block/stage.ts';`,
    'drivers/volume/cloud/options.ts': ``,
    'drivers/volume/cloud/driver.ts': `import type { Client } from './client.ts';`,
    'drivers/volume/cloud/client.ts': `export const sdk = () => import('@aws-sdk/client-ec2');`,
    'drivers/volume/cloud/errors.ts': `import type { EC2ServiceException } from '@aws-sdk/client-ec2';`,
    'drivers/volume/cloud/README.md': `| option |\n|---|\n`,
    'scripts/lib/demo.ts': `import { spawn } from 'node:child_process'; console.log(process.env['HOME']);`,
    'test/conformance/volume-driver/index.ts': `import { it } from 'node:test';`,
    'test/integration/conformance/disk.test.ts': `
      import { disk } from '../../../drivers/volume/disk/index.ts';
      import { suite } from '../../conformance/volume-driver/index.ts';`,
    'test/integration/conformance/cloud.test.ts': `
      import { cloud } from '../../../drivers/volume/cloud/index.ts';
      import { suite } from '../../conformance/volume-driver/index.ts';`,
    'docs/errors.md': [
      '| code | means | retryable |',
      '|---|---|---|',
      '| `E_ONE` | One thing. | no |',
      '| `E_TWO` | Another. | yes |',
    ].join('\n'),
    'config.json': JSON.stringify({ env: [{ name: 'STOWAGE_ONE' }, { name: 'STOWAGE_TWO' }] }),
  }),
);

/** The fixture's registry. */
export const fixtureDrivers: readonly DocumentedDriver[] = [
  { name: 'disk', options: { fields: { size: { aliases: ['capacity', 'quota'] }, path: { aliases: [] } } } },
  { name: 'cloud', options: { fields: {} } },
];

/** The fixture's settings. */
export const fixtureSettings = ['STOWAGE_ONE', 'STOWAGE_TWO'] as const;

/** The fixture's error table. */
export const fixtureErrors = { E_ONE: { retryable: false }, E_TWO: { retryable: true } } as const;
