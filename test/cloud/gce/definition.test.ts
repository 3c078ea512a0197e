import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { computeDiscoveryFile } from '../../../scripts/lib/cloud-definitions.ts';
import { DEFINITION_FILE } from './definition.ts';
import { type DiscoveryDocument, extractDefinition } from './extract-definition.ts';
import { METHODS } from './methods.ts';

test("the definition of the API is what Debian's copy of Google's discovery document says", async () => {
  const kept: unknown = JSON.parse(readFileSync(DEFINITION_FILE, 'utf8'));
  const document = JSON.parse(readFileSync(await computeDiscoveryFile(), 'utf8')) as DiscoveryDocument;
  // After a change of the list of methods, or of Debian's package: write the right side to definition.json.
  assert.deepEqual(kept, extractDefinition(document, METHODS));
});
