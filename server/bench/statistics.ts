/** The middle value, or the mean of the two middle ones; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The smallest value that at least this share of all values does not exceed; NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The median of each round's ratio. A slow moment of the machine slows both sides of a round. */
export const medianRatio = (over: readonly number[], under: readonly number[]): number =>
  median(over.map((value, round) => value / (under[round] ?? Number.NaN)));

/** Whether a value meets a target such as `≥ 0.5`, `< 100` or `0`; true without one. */
export function meets(value: number, wanted: string): boolean {
  const [, comparison = '=', limitText = ''] = /^([≥≤<>]?) ?([\d.]+)/.exec(wanted) ?? [];
  if (limitText === '') return true;
  const limit = Number(limitText);
  const comparisons: Record<string, boolean> = {
    '≥': value >= limit,
    '≤': value <= limit,
    '<': value < limit,
    '>': value > limit,
  };
  return comparisons[comparison] ?? value === limit;
}

/**
 * Runs each candidate once a round. The order alternates, so that none always runs after the same one.
 * @returns the result of each round, by name
 */
export async function alternate<Name, Result>(
  candidates: readonly { name: Name; run: () => Promise<Result> }[],
  rounds: number,
): Promise<Map<Name, Result[]>> {
  const results = new Map<Name, Result[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const { name, run } of round % 2 === 0 ? candidates : candidates.toReversed())
      results.get(name)?.push(await run());
  return results;
}
