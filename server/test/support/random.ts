/** A pseudo-random generator (mulberry32). The same seed gives the same sequence, so that failures are repeatable. */
export function seeded(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const chance = (probability: number): boolean => next() < probability;
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  /** A random subset: each item with the given probability, in order. */
  const some = <T>(items: readonly T[], probability: number): T[] => items.filter(() => chance(probability));
  return { below, chance, pick, some };
}

export type Random = ReturnType<typeof seeded>;
