/** Starts the backends to compare with, and checks that they give the same answers as Duly. */

import { readDulyList, startFastApi } from './peers/fastapi.ts';
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
  const peers = [
    ...(fastApi === null ? [] : [fastApi]),
    ...(pocketBase === null ? [] : await startPocketBases(trial, pocketBase, toDelete)),
  ];
  for (const peer of peers) await checkPeer(trial, peer);
  return peers;
}

/** @throws unless some users' newest tasks are the same as in Duly */
async function checkPeer({ server, users }: Trial, peer: Peer): Promise<void> {
  for (const { id } of users.slice(0, 5)) {
    const [ours, theirs] = [await readDulyList(server.port, id), await peer.readList(id)];
    const isSame = ours.total === theirs.total && ours.titles.join('\n') === theirs.titles.join('\n');
    if (!isSame)
      throw new Error(`${peer.name} has other tasks of ${id}: ${theirs.total} instead of ${ours.total}`);
  }
}
