import type { Player, Sight } from './cache-players.ts';
import { isOfAMoment } from './history.ts';

/** What is wrong with what was seen: each read has to say what was so at a moment between its beginning and its end. */
export function faultsIn(sights: readonly Sight[], players: readonly Player[]): string[] {
  /** What came under a tag, the first time. */
  const under = new Map<string, Sight>();
  for (const sight of sights) {
    const name = `${sight.url} ${sight.etag}`;
    if (sight.status === 200 && !under.has(name)) under.set(name, sight);
  }
  return sights.flatMap((sight) => {
    const fault = faultOf(sight, players, under.get(`${sight.url} ${sight.etag}`));
    return fault === null
      ? []
      : [`${fault}: ${sight.status} ${sight.url} ${sight.etag} ${sight.body.slice(0, 600)}`];
  });
}

function faultOf(
  { player, look, status, said, body, whole, etag, from, to }: Sight,
  players: readonly Player[],
  known: Sight | undefined,
): string | null {
  if (![200, 304, 404].includes(status)) return 'refused';
  for (const { id, mark } of players)
    if (id !== player.id && (whole.includes(id) || whole.includes(mark))) return "another user's";
  if (status === 200 && known?.body !== body) return 'other bytes under the same tag';
  // A task's tag is its version, which may have been learnt elsewhere.
  const isVersion = look.kind === 'task' && status === 304 && known === undefined;
  if (isVersion) {
    const tasks = player.histories
      .flatMap((history) => history.during(from, to))
      .flatMap((state) => state.tasks);
    const isThere = tasks.some(({ id, version }) => id === look.id && `"${version}"` === etag);
    return isThere ? null : '304 for a version that was not there';
  }
  const meant = status === 304 ? known?.said : said;
  if (meant === undefined) return '304 for a tag that never came';
  return isOfAMoment(look, meant, player.histories, from, to) ? null : 'of no moment of the request';
}
