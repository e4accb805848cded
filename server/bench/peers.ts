/** Starts the backends to compare with, and checks that they give the same answers as Duly. */

import { fetchDulyList, startFastApi } from './peers/fastapi.ts';
import type { Peer } from './peers/peer.ts';
import { startPocketBases } from './peers/pocketbase.ts';
import type { OwnedTask } from './requests.ts';
import type { Trial } from './trial.ts';

interface PeerOptions {
  /** The Python that makes FastAPI's virtual environment. */
  python: string;
  /** PocketBase's binary; null for none. */
  pocketBase: string | null;
}

/** Those that can be started here; a line says which cannot. */
export async function startPeers(
  trial: Trial,
  { python, pocketBase }: PeerOptions,
  toDelete: OwnedTask[],
): Promise<Peer[]> {
  const fastApi = await startFastApi(trial, python, toDelete);
  if (pocketBase === null) console.log('without PocketBase: --pocketbase names its binary');
  const peers = fastApi === null ? [] : [fastApi];
  try {
    if (pocketBase !== null) peers.push(...(await startPocketBases(trial, pocketBase, toDelete)));
    for (const peer of peers) await checkPeer(trial, peer);
    return peers;
  } catch (error) {
    await stopPeers(peers);
    throw error;
  }
}

export async function stopPeers(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) await peer.stop();
}

/** @throws unless some users' newest tasks are the same as in Duly */
async function checkPeer({ server, users }: Trial, peer: Peer): Promise<void> {
  for (const { id } of users.slice(0, 5)) {
    const { data, pagination } = await fetchDulyList<{ pagination: { total: number } }>(server.port, id);
    const [titles, theirs] = [data.map(({ title }) => title), await peer.readList(id)];
    const isSame = pagination.total === theirs.total && titles.join('\n') === theirs.titles.join('\n');
    if (!isSame)
      throw new Error(`${peer.name} has other tasks of ${id}: ${theirs.total}, not ${pagination.total}`);
  }
}
