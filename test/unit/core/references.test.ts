import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  addReference,
  dropReference,
  NO_REFERENCES,
  referencesSince,
  type References,
} from '../../../plugin/core/references.ts';

describe('references', () => {
  it('counts one ID as often as it mounts', () => {
    const once = addReference(NO_REFERENCES, 'id', 1);
    const twice = addReference(once, 'id', 2);
    assert.deepEqual([...twice], [['id', { count: 2, since: 2 }]]);
    assert.deepEqual([...dropReference(twice, 'id')], [['id', { count: 1, since: 2 }]]);
    assert.equal(dropReference(dropReference(twice, 'id'), 'id').size, 0);
  });

  it('keeps different IDs apart', () => {
    const both = addReference(addReference(NO_REFERENCES, 'one', 1), 'two', 2);
    assert.deepEqual([...dropReference(both, 'one').keys()], ['two']);
  });

  it('ignores an unknown ID and says so by returning the very same claims', () => {
    const one = addReference(NO_REFERENCES, 'one', 1);
    assert.equal(dropReference(one, 'other'), one);
    assert.equal(dropReference(NO_REFERENCES, 'other'), NO_REFERENCES);
  });

  it('never changes what it was given', () => {
    const one = addReference(NO_REFERENCES, 'one', 1);
    addReference(one, 'two', 2);
    dropReference(one, 'one');
    assert.deepEqual([...one], [['one', { count: 1, since: 1 }]]);
    assert.equal(NO_REFERENCES.size, 0);
  });

  it('tells the claims made since a moment, by their last mount', () => {
    const claims = addReference(addReference(addReference(NO_REFERENCES, 'old', 1), 'again', 1), 'again', 9);
    assert.deepEqual([...referencesSince(claims, 9).keys()], ['again']);
    assert.deepEqual([...referencesSince(claims, 1).keys()], ['old', 'again']);
    assert.equal(referencesSince(claims, 10).size, 0);
  });

  it('balances: as many drops as adds leave nobody, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), (ids) => {
        let claims: References = NO_REFERENCES;
        for (const id of ids) claims = addReference(claims, id, 0);
        for (const [id, { count }] of claims) assert.equal(count, ids.filter((other) => other === id).length);
        for (const id of ids.toReversed()) claims = dropReference(claims, id);
        assert.equal(claims.size, 0);
      }),
    );
  });
});
