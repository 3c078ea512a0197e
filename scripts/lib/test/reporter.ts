import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import type { TestRecord } from './records.ts';

/**
 * Reporter for node:test: one JSON line per event that the sums need, and a last line that proves
 * that the run was not cut short.
 */
// node:test loads a reporter by its default export.
// oxlint-disable-next-line import/no-default-export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    const record = recordOf(event);
    if (record !== undefined) yield `${JSON.stringify(record)}\n`;
  }
  yield `${JSON.stringify({ type: 'end' } satisfies TestRecord)}\n`;
}

function recordOf(event: TestEvent): TestRecord | undefined {
  switch (event.type) {
    case 'test:dequeue':
      return { type: 'begun', nesting: event.data.nesting, name: event.data.name };
    case 'test:start':
      return { type: 'start', nesting: event.data.nesting, name: event.data.name };
    case 'test:pass':
      return { ...result(event.data), passed: true };
    case 'test:fail': {
      const { error } = event.data.details;
      const failure = { failureType: failureTypeOf(error), error: inspect(error.cause ?? error) };
      return { ...result(event.data), passed: false, ...failure };
    }
    default:
      return undefined;
  }
}

type Finished = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data'];

function result(data: Finished) {
  return {
    type: 'result' as const,
    nesting: data.nesting,
    name: data.name,
    suite: data.details.type === 'suite',
    skipped: data.skip !== undefined && data.skip !== false,
    todo: data.todo !== undefined && data.todo !== false,
  };
}

function failureTypeOf(error: Error): string {
  return 'failureType' in error ? String(error.failureType) : '';
}
