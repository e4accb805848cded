const dayMs = 24 * 3_600_000;

/**
 * Whether a backup is due: none since the last daily time, or none after a gap of the archived WAL.
 * @param dailyAtMinutes minutes after midnight, UTC; null: only after a gap, and the first
 * @param newestAt when the newest backup was made; null: there is none
 */
export function isBackupDue(
  dailyAtMinutes: number | null,
  newestAt: number | null,
  gapAt: number | null,
  now: number,
): boolean {
  if (newestAt === null) return true;
  if (gapAt !== null && gapAt > newestAt) return true;
  if (dailyAtMinutes === null) return false;
  const today = Math.floor(now / dayMs) * dayMs + dailyAtMinutes * 60_000;
  const lastDue = today <= now ? today : today - dayMs;
  return newestAt < lastDue;
}
