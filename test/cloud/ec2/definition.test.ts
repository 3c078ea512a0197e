import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cloudDefinitionsRoot } from '../../../scripts/lib/cloud-definitions.ts';
import { DEFINITION_FILE, OPERATIONS } from './definition.ts';
import { extractDefinition, type ServiceModel } from './extract-definition.ts';

test("the definition of the API is what Debian's botocore says", async () => {
  const [file = ''] = globSync(
    `${await cloudDefinitionsRoot()}/usr/lib/python3/dist-packages/botocore/data/ec2/*/service-2.json`,
  );
  const model = JSON.parse(readFileSync(file, 'utf8')) as ServiceModel;
  const kept: unknown = JSON.parse(readFileSync(DEFINITION_FILE, 'utf8'));
  // After a change of the list of operations, or of Debian's package: write the right side to definition.json.
  assert.deepEqual(kept, extractDefinition(model, OPERATIONS));
});
