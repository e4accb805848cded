/** Another backend that does the same, measured beside Duly. */

import type { Requests } from '../requests.ts';
import type { Server } from '../server.ts';

/** What all backends can do. */
export const peerOperations = [
  'list',
  'get',
  'search',
  'create, 2 tags',
  'patch',
  'complete',
  'delete',
] as const;

export type PeerOperation = (typeof peerOperations)[number];

export interface Peer {
  name: string;
  server: Server;
  requests: Record<PeerOperation, Requests>;
  /** Total and titles of the user's 50 newest tasks, to see that all backends have the same rows. */
  readList(userId: string): Promise<{ total: number; titles: string[] }>;
  /** Target of each ratio of Duly to this peer; empty if there is none. */
  wanted: string;
  stop(): Promise<void>;
}
