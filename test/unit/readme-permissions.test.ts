import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ec2Region } from '../cloud/ec2/region.ts';
import { gceRegion } from '../cloud/gce/region.ts';

function permissionsIn(driver: string, pattern: RegExp): Set<string> {
  const path = fileURLToPath(new URL(`../../drivers/volume/${driver}/README.md`, import.meta.url));
  return new Set([...readFileSync(path, 'utf8').matchAll(pattern)].map(([, name = '']) => name));
}

it('each README asks for the permissions that the suites of cloud disks get by with', () => {
  // What an error looks like is shown there too.
  assert.deepEqual(permissionsIn('ebs', /"ec2:(\w+)"/g), new Set(ec2Region.permissions));
  assert.deepEqual(permissionsIn('gce-pd', /\b(compute\.\w+\.\w+)\b/g), new Set(gceRegion.permissions));
});
