/** The longest value that a label may have. */
const VALUE_LENGTH = 63;
/** RFC 4648 in lower case: labels have no upper case. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const BITS = 5;
const BYTE = 8;

/** The labels of one text: `key`, `key-1`, `key-2` and so on, as many as it needs. */
export function spread(key: string, text: string): Record<string, string> {
  const count = Math.max(1, partsOf(text));
  return Object.fromEntries(
    Array.from({ length: count }, (_, part) => [
      keyOf(key, part),
      text.slice(part * VALUE_LENGTH, (part + 1) * VALUE_LENGTH),
    ]),
  );
}

/** How many labels a text needs. */
export function partsOf(text: string): number {
  return Math.ceil(text.length / VALUE_LENGTH);
}

/** The opposite of `spread`; undefined when there is no such text. */
export function gather(key: string, labels: Readonly<Record<string, string>>): string | undefined {
  let text = labels[key];
  if (text === undefined) return undefined;
  for (let part = 1; ; part += 1) {
    const more = labels[keyOf(key, part)];
    if (more === undefined) return text;
    text += more;
  }
}

function keyOf(key: string, part: number): string {
  return part === 0 ? key : `${key}-${String(part)}`;
}

/**
 * A volume's name in what labels allow, still readable: `_` announces a capital letter (`_a` is A), a dot (`_-`) or
 * itself (`__`).
 */
export function escapeName(name: string): string {
  return name.replace(/[A-Z_.]/g, (letter) => `_${letter === '.' ? '-' : letter.toLowerCase()}`);
}

/** The opposite of `escapeName`. */
export function unescapeName(text: string): string {
  return text.replace(/_(.)/g, (_, letter: string) => (letter === '-' ? '.' : letter.toUpperCase()));
}

/** Any text in letters and digits that labels allow. */
export function toBase32(text: string): string {
  let encoded = '';
  let held = 0;
  let count = 0;
  for (const byte of Buffer.from(text)) {
    held = (held << BYTE) | byte;
    count += BYTE;
    for (; count >= BITS; count -= BITS) encoded += ALPHABET[(held >> (count - BITS)) & 31] ?? '';
    held &= (1 << count) - 1;
  }
  return count === 0 ? encoded : encoded + (ALPHABET[(held << (BITS - count)) & 31] ?? '');
}

/** The opposite of `toBase32`; undefined for what it never gives. */
export function fromBase32(encoded: string): string | undefined {
  const bytes: number[] = [];
  let held = 0;
  let count = 0;
  for (const letter of encoded) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return undefined;
    held = (held << BITS) | value;
    count += BITS;
    if (count < BYTE) continue;
    count -= BYTE;
    bytes.push(held >> count);
    held &= (1 << count) - 1;
  }
  const text = Buffer.from(bytes).toString();
  return toBase32(text) === encoded ? text : undefined;
}
