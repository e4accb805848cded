import { StartError } from '../platform/errors.ts';
import type { Store } from '../stores/store.ts';
import type { Backup } from './target.ts';
import { loadWal, type StoredWal, segmentNumber, timelineOf } from './wal-store.ts';

/** Each restore begins a timeline, which leaves its predecessor at a position. */
export interface Timeline {
  id: number;
  /** Where later timelines left their predecessors: id of the predecessor and position (LSN). */
  forks: ReadonlyMap<number, bigint>;
}

/** A position such as `0/3000028` as a number. */
export const parseLsn = (lsn: string): bigint => {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
};

/**
 * The newest timeline of archive and backups, or the wanted one.
 * @throws StartError if the archive does not have the wanted one
 */
export async function readTimeline(
  target: Store,
  wal: ReadonlyMap<string, StoredWal>,
  backups: readonly Backup[],
  identities: readonly string[],
  wanted: number | null = null,
): Promise<Timeline> {
  const known = new Set([
    ...[...wal.keys()].map(timelineOf),
    ...backups.map(({ manifest }) => manifest.timeline),
  ]);
  const id = wanted ?? Math.max(...known);
  if (!known.has(id))
    throw new StartError(
      `restore: got the timeline ${id}, wants one of ${[...known].sort((a, b) => a - b).join(', ')}`,
    );
  const forks = new Map<number, bigint>();
  const history = wal.get(`${id.toString(16).toUpperCase().padStart(8, '0')}.history`);
  if (history !== undefined)
    for (const line of (await loadWal(target, history, identities)).toString().split('\n')) {
      const [, parent, lsn] = /^(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/.exec(line) ?? [];
      if (parent !== undefined && lsn !== undefined) forks.set(Number(parent), parseLsn(lsn));
    }
  return { id, forks };
}

/** Whether the history of the timeline contains the backup: those of an abandoned future do not lead to it. */
export function isOnTimeline({ manifest }: Backup, { id, forks }: Timeline): boolean {
  if (manifest.timeline === id) return true;
  const fork = forks.get(manifest.timeline);
  return fork !== undefined && parseLsn(manifest.lsn) <= fork;
}

const segmentBits = 24n;

/** The timeline that a segment belongs to. One in which a fork lies belongs to the later timeline, which copies it. */
function timelineOfSegment(number: number, { id, forks }: Timeline): number {
  const parents = [...forks.keys()].sort((a, b) => a - b);
  return parents.find((parent) => BigInt(number) < (forks.get(parent) ?? 0n) >> segmentBits) ?? id;
}

/** The first segment that is missing after a backup although later ones are there; null if there is no gap. */
export function findGap(
  wal: ReadonlyMap<string, StoredWal>,
  { manifest }: Backup,
  timeline: Timeline,
): string | null {
  const numbers = new Set(
    [...wal.keys()]
      .filter((name) => /^[0-9A-F]{24}$/.test(name))
      .filter((name) => timelineOf(name) === timelineOfSegment(segmentNumber(name), timeline))
      .map(segmentNumber),
  );
  let end = segmentNumber(manifest.lastWal) + 1;
  while (numbers.has(end)) end += 1;
  const isLast = [...numbers].every((number) => number < end);
  return isLast ? null : end.toString(16).toUpperCase();
}
