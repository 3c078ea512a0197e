import type { SeededRandom } from '../../attack/random.ts';

/** A new numeric ID of the cloud's look: 19 digits. */
export function randomDigits(random: SeededRandom): string {
  const digits = Array.from({ length: 18 }, () => String(random.below(10)));
  return String(1 + random.below(8)) + digits.join('');
}
