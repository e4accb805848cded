import type { Observation, TestClient } from './cache-workload.ts';
import { isConsistent } from './history.ts';

/** What is wrong with what was seen: each read has to say what was so at a moment between its beginning and its end. */
export function findFaults(sights: readonly Observation[], players: readonly TestClient[]): string[] {
  /** What came under a tag, the first time. */
  const under = new Map<string, Observation>();
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
  { player, read: look, status, content: said, body, whole, etag, from, to }: Observation,
  players: readonly TestClient[],
  known: Observation | undefined,
): string | null {
  if (![200, 304, 404].includes(status)) return 'refused';
  for (const { id, marker: mark } of players)
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
  const meant = status === 304 ? known?.content : said;
  if (meant === undefined) return '304 for a tag that never came';
  return isConsistent(look, meant, player.histories, from, to) ? null : 'of no moment of the request';
}
