/** The lists of tasks that `growth.ts` measures. */

import { wideTag } from './growth-data.ts';
import type { GrowthOperation, GrowthParts, Send } from './growth-operations.ts';

export interface List {
  data: { id: string }[];
  pagination: { total: number; next_cursor: string | null };
}

const sorts = ['created_at', 'updated_at', 'title', 'due_date', 'priority', 'position'];

const filters: Record<string, string> = {
  'all, archived too': 'archived=show',
  pending: 'status=pending',
  completed: 'status=completed',
  'one priority': 'priority=High',
  'pending of one priority': 'status=pending&priority=High',
  'due after a day': 'due_after=2026-06-01',
  'due before a day': 'due_before=2026-03-01',
  'due by date, any': 'due=any',
  'no due date': 'due=none',
  overdue: 'due=overdue',
  'due today': 'due=today',
  'due this week': 'due=week',
  'not deferred': 'deferred=hide',
  'of no project': 'project_id=none',
  'of no section': 'section_id=none',
  'no subtasks': 'parent_id=none',
  'with reminders': 'has_reminder=true',
  'without reminders': 'has_reminder=false',
  'of a rare tag': 'tags=home',
  'of a tag of 15,000': `tags=${wideTag}`,
};

/** Lists of each order, at their beginning, middle and end, by offset and by cursor, and of each filter. */
export function listOperations(
  send: Send,
  tasks: number,
): Pick<GrowthParts, 'orders' | 'filters' | 'searches'> {
  const get = async (path: string) => (await send('GET', path)) as List;
  const orders = sorts.flatMap((sort) => ['asc', 'desc'].map((direction) => ({ sort, direction })));
  const pages = orders.flatMap(({ sort, direction }): GrowthOperation[] => {
    const path = `/tasks?sort_by=${sort}&sort_direction=${direction}`;
    const name = `list by ${sort} ${direction}`;
    const cursors = new Map<number, string | null>();
    const atCursor = (offset: number) => async () => {
      if (!cursors.has(offset))
        cursors.set(offset, (await get(`${path}&offset=${offset}`)).pagination.next_cursor);
      await get(`${path}&cursor=${encodeURIComponent(cursors.get(offset) ?? '')}`);
    };
    const first = { name: `${name}, first page`, run: async () => void (await get(path)) };
    if (direction === 'asc' && sort !== 'due_date') return [first];
    return [
      first,
      { name: `${name}, by cursor in the middle`, run: atCursor(tasks / 2) },
      { name: `${name}, by cursor near the end`, run: atCursor(Math.floor(tasks * 0.93)) },
      {
        name: `${name}, by offset near the end`,
        run: async () => void (await get(`${path}&offset=${Math.floor(tasks * 0.93)}`)),
        asked: null,
      },
    ];
  });
  const filtered = Object.entries(filters).flatMap(([name, filter]) =>
    ['created_at', 'title', 'due_date'].map((sort) => ({
      name: `list ${name}, by ${sort}`,
      run: async () => void (await get(`/tasks?${filter}&sort_by=${sort}`)),
    })),
  );
  const searches = ['the', 'zuvola'].map((term) => ({
    name: `search for ${term}`,
    run: async () => void (await get(`/tasks?search=${term}`)),
    asked: null,
  }));
  return { orders: pages, filters: filtered, searches };
}
