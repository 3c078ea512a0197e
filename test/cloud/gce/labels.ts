import { createHash } from 'node:crypto';
import { GceError, invalid } from './error.ts';
import type { Labelled } from './model.ts';

const MOST_LABELS = 64;
const MOST_BYTES = 128;
const KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** @throws GceError for more labels, or other ones, than a resource may have */
function checkLabels(labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  if (entries.length > MOST_LABELS) {
    const why = `The number of labels exceeds the limit of ${String(MOST_LABELS)}.`;
    throw invalid('resource.labels', entries.length, why);
  }
  for (const [key, value] of entries) {
    checkPart(key, KEY, 'Label key');
    checkPart(value, VALUE, 'Label value');
  }
}

function checkPart(text: string, pattern: RegExp, what: string): void {
  if (pattern.test(text) && Buffer.byteLength(text) <= MOST_BYTES) return;
  const why = `${what} '${text}' violates format constraints. The value can only contain lowercase letters, numeric characters, underscores and dashes. The value can be at most 63 characters long. International characters are allowed.`;
  throw invalid('resource.labels', '', why);
}

/** What tells one set of labels from another. */
function fingerprint(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest().subarray(0, 8).toString('base64');
}

/** Labels of a new resource. */
export function newLabels(labels: Readonly<Record<string, string>> = {}): Labelled {
  checkLabels(labels);
  return { labels, labelFingerprint: fingerprint(labels) };
}

/** Replaces all labels, if the caller has seen the present ones. */
export function replaceLabels(
  target: Labelled,
  labels: Readonly<Record<string, string>> = {},
  seen?: string,
): void {
  checkLabels(labels);
  if (seen !== undefined && seen !== target.labelFingerprint) {
    const words =
      'Labels fingerprint either invalid or resource labels have changed since last read. Please read the resource again.';
    throw new GceError(412, 'conditionNotMet', words);
  }
  if (seen === undefined) throw invalid('labelFingerprint', '', 'The fingerprint of the labels is required.');
  target.labels = labels;
  target.labelFingerprint = fingerprint(labels);
}
