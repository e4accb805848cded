export type { Collections, Movable, Reads, Tasks, Trashed, Writes } from './collections.ts';
export { indexedDbStore } from './indexed-db.ts';
export { type Offline, type OfflineOptions, openOffline } from './open.ts';
export type { Query } from './query.ts';
export { memoryStore, type Store, type StoreChanges } from './store.ts';
export type {
  Conflict,
  Deleted,
  Items,
  Noun,
  QueuedWrite,
  Refusal,
  Resolution,
  WritableNoun,
} from './types.ts';
