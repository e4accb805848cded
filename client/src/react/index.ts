import { useMemo, useSyncExternalStore } from 'react';
import type { Collections, Offline } from '../offline/index.ts';

/**
 * A value made of the data. The component is rendered again after a change of it. `dependencies` are what `select`
 * uses besides the data, such as properties of the component.
 */
export function useOffline<T>(
  offline: Offline,
  select: (collections: Collections) => T,
  dependencies: readonly unknown[] = [],
): T {
  // `select` is another function in each render, so the dependencies stand for it.
  const query = useMemo(() => offline.query(select), [offline, ...dependencies]);
  return useSyncExternalStore(query.subscribe, query.get, query.get);
}
