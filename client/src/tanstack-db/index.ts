import type { CollectionConfig } from '@tanstack/db';
import type { Offline } from '../offline/index.ts';
import type { Task } from '../types.ts';

/** Options of a collection of TanStack DB that shows what `reads` has, such as `offline.projects`. It is read-only. */
export function collectionOptions<Item extends { id: string }>(
  offline: Offline,
  reads: { all(): readonly Item[] },
): CollectionConfig<Item, string> {
  return {
    getKey: ({ id }) => id,
    sync: {
      sync({ begin, write, commit, markReady }) {
        let last = new Map<string, Item>();
        function show(): void {
          const items = new Map(reads.all().map((item): [string, Item] => [item.id, item]));
          begin();
          for (const [id, value] of items) {
            const before = last.get(id);
            if (before === undefined) write({ type: 'insert', value });
            else if (before !== value) write({ type: 'update', value });
          }
          for (const key of last.keys()) if (!items.has(key)) write({ type: 'delete', key });
          commit();
          last = items;
        }
        show();
        markReady();
        return offline.subscribe(show);
      },
    },
  };
}

/** The options of a collection of tasks, with updates and deletions. To insert, use `offline.tasks.create`. */
export function taskCollectionOptions(offline: Offline): CollectionConfig<Task, string> {
  return {
    ...collectionOptions(offline, offline.tasks),
    onUpdate: async ({ transaction }) => {
      for (const { key, changes } of transaction.mutations) await offline.tasks.update(key, changes);
    },
    onDelete: async ({ transaction }) => {
      for (const { key } of transaction.mutations) await offline.tasks.delete(key);
    },
  };
}
