/** At most `count` of the items, evenly spread; `offset` (0 ≤ offset < 1) says which. */
export function chooseEvenly<Item>(items: readonly Item[], count: number, offset: number): readonly Item[] {
  if (items.length <= count) return items;
  const step = items.length / count;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index + offset) * step)]).filter(
    (item) => item !== undefined,
  );
}
