import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deviceOf } from '../../../plugin/host/device-nodes.ts';

it('device numbers are read as the C library packs them', () => {
  assert.equal(deviceOf(0x703n), '7:3');
  // NVMe, whose minor numbers soon need more than the lowest eight bits.
  assert.equal(deviceOf(0x110300n), '259:256');
  assert.equal(deviceOf(0x100000038801n), '5000:1');
});
