import type { Observation, TestClient } from './cache-workload.ts';
import { isConsistent } from './history.ts';

/** Checks that each response shows a state of some moment between request and response. @returns the faults */
export function findInconsistencies(
  observations: readonly Observation[],
  clients: readonly TestClient[],
): string[] {
  /** The first 200 response with each ETag. */
  const firstByEtag = new Map<string, Observation>();
  for (const observation of observations) {
    const name = `${observation.url} ${observation.etag}`;
    if (observation.status === 200 && !firstByEtag.has(name)) firstByEtag.set(name, observation);
  }
  return observations.flatMap((observation) => {
    const fault = faultOf(observation, clients, firstByEtag.get(`${observation.url} ${observation.etag}`));
    return fault === null
      ? []
      : [
          `${fault}: ${observation.status} ${observation.url} ${observation.etag} ${observation.body.slice(0, 600)}`,
        ];
  });
}

function faultOf(
  { client, read, status, content, body, headersAndBody, etag, from, to }: Observation,
  clients: readonly TestClient[],
  first: Observation | undefined,
): string | null {
  // A machine with much else to do may have no connection for a moment. That shows nothing.
  if (status === 503) return null;
  if (![200, 304, 404].includes(status)) return 'refused';
  for (const { id, marker } of clients)
    if (id !== client.id && (headersAndBody.includes(id) || headersAndBody.includes(marker)))
      return "another user's";
  if (status === 200 && first?.body !== body) return 'other bytes under the same tag';
  // A task's ETag is its version, which another response may have shown.
  const isVersion = read.kind === 'task' && status === 304 && first === undefined;
  if (isVersion) {
    const tasks = client.histories
      .flatMap((history) => history.statesDuring(from, to))
      .flatMap((state) => state.tasks);
    const isThere = tasks.some(({ id, version }) => id === read.id && `"${version}"` === etag);
    return isThere ? null : '304 for a version that was not there';
  }
  const expected = status === 304 ? first?.content : content;
  if (expected === undefined) return '304 for a tag that never came';
  return isConsistent(read, expected, client.histories, from, to) ? null : 'of no moment of the request';
}
