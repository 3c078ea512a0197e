/** Edit distance (Levenshtein) of two short words. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The candidate that a mistyped word most likely meant, or undefined when none is near. Case does not matter. */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  const short = word.toLowerCase().slice(0, 64);
  let best: { name: string; score: number } | undefined;
  for (const name of candidates) {
    const score = distance(short, name.toLowerCase());
    if (best === undefined || score < best.score) best = { name, score };
  }
  return best !== undefined && best.score <= Math.max(2, Math.floor(best.name.length / 3))
    ? best.name
    : undefined;
}
