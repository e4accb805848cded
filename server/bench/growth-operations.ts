/** The operations of a user with many tasks. */

import { wideTag } from './growth-data.ts';

/** Sends a request of the user. @returns the body */
export type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;

export interface GrowthOperation {
  name: string;
  /** @param round from 0: each round writes to other tasks */
  run(round: number): Promise<void>;
  /** In ms; null for no figure, 20 when absent. */
  asked?: number | null;
}

interface List {
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

/** Lists of each order and filter, at their beginning, middle and end, by offset and by cursor. */
function listOperations(send: Send, tasks: number): GrowthOperation[] {
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
  return [...pages, ...filtered, ...searches];
}

export async function createGrowthOperations(send: Send, tasks: number): Promise<GrowthOperation[]> {
  const get = async (path: string) => (await send('GET', path)) as List;
  const idsOf = async (path: string) => (await get(path)).data.map(({ id }) => id);
  const pending = await idsOf(
    '/tasks?status=pending&parent_id=none&limit=100&sort_by=created_at&offset=30000',
  );
  const trashed = await idsOf('/trash?limit=100');
  const projects = await idsOf('/projects?limit=100');
  const [reminded = ''] = await idsOf('/tasks?has_reminder=true');
  const id = (round: number, index: number) => pending[index * 6 + round] ?? '';
  const read = (name: string, path: string): GrowthOperation => ({
    name,
    run: async () => void (await send('GET', path)),
  });
  const write = (
    name: string,
    method: string,
    path: (round: number) => string,
    body?: (round: number) => unknown,
    asked?: number | null,
  ): GrowthOperation => ({
    name,
    run: async (round) => void (await send(method, path(round), body?.(round))),
    ...(asked === undefined ? {} : { asked }),
  });
  const task = (index: number) => (round: number) => `/tasks/${id(round, index)}`;
  let middle = '';
  return [
    read('get a task', `/tasks/${id(0, 0)}`),
    read('list of a project', `/tasks?project_id=${projects[3]}`),
    read('list of a project by title', `/tasks?project_id=${projects[3]}&sort_by=title`),
    ...listOperations(send, tasks),
    ...['', '?status=pending', '?sort_by=title'].map((query) => ({
      name: `list${query} after a write, with that write`,
      async run(round: number) {
        await send('PATCH', `/tasks/${id(round, 10)}`, { title: `Changed ${Math.random()}` });
        await send('GET', `/tasks${query}`);
      },
    })),
    read('tags', '/tags?limit=100'),
    read('search for tags', '/tags?search=o'),
    read('projects', '/projects?limit=100'),
    read('trash', '/trash'),
    read('trash by offset near the end', '/trash?offset=3000'),
    read('reminders', '/reminders'),
    read('reminders of a task', `/tasks/${reminded}/reminders`),
    read('feed from nothing, first page', '/changes?limit=100'),
    {
      name: 'feed, a page of 100 later',
      async run() {
        if (middle === '') {
          for (let page = 0; page < 200; page += 1) {
            const query = middle === '' ? '' : `&since=${encodeURIComponent(middle)}`;
            middle = ((await send('GET', `/changes?limit=100${query}`)) as { next_cursor: string })
              .next_cursor;
          }
        }
        await send('GET', `/changes?limit=100&since=${encodeURIComponent(middle)}`);
      },
    },
    write(
      'create a task',
      'POST',
      () => '/tasks',
      () => ({ title: 'A new one', tags: ['home'], due_date: '2027-01-01' }),
    ),
    write(
      'create a task in a project',
      'POST',
      () => '/tasks',
      () => ({ title: 'Another', project_id: projects[4] }),
    ),
    write(
      'add a line of text',
      'POST',
      () => '/tasks/quick',
      () => ({ text: 'Call Ada tomorrow #home' }),
    ),
    write('change a title', 'PATCH', task(0), (round) => ({ title: `Changed ${round}` })),
    write('replace a task', 'PUT', task(1), (round) => ({ title: `Replaced ${round}` })),
    write('change a due date', 'PATCH', task(2), () => ({ due_date: '2027-02-02' })),
    write('change tags', 'PATCH', task(3), () => ({ tags: ['home', 'work', 'new'] })),
    write('change the project', 'PATCH', task(4), () => ({ project_id: projects[5] })),
    write(
      'complete',
      'PATCH',
      (round) => `${task(5)(round)}/complete`,
      () => ({ completed: true }),
    ),
    write(
      'move',
      'POST',
      (round) => `${task(6)(round)}/move`,
      (round) => ({ before_id: id(round, 7) }),
    ),
    write(
      'add a reminder',
      'POST',
      (round) => `${task(8)(round)}/reminders`,
      () => ({ minutes_before: 10 }),
    ),
    write('delete', 'DELETE', task(9)),
    write(
      'restore',
      'POST',
      (round) => `/trash/${trashed[round]}/restore`,
      () => ({}),
    ),
    write('purge', 'DELETE', (round) => `/trash/${trashed[50 + round]}`),
    write(
      'create a project',
      'POST',
      () => '/projects',
      (round) => ({ name: `Project ${round}` }),
    ),
    write(
      'rename a project',
      'PATCH',
      () => `/projects/${projects[6]}`,
      (round) => ({ name: `Named ${round}` }),
    ),
    write(
      'move a project',
      'POST',
      () => `/projects/${projects[7]}/move`,
      (round) => ({ before_id: projects[8 + round] }),
    ),
    write(
      'bulk, 100 completions',
      'POST',
      () => '/tasks/bulk',
      (round) => ({
        operations: pending
          .slice(60, 100)
          .map((each) => ({ op: 'complete', id: each, completed: round % 2 === 0 })),
      }),
      null,
    ),
    {
      name: 'rename a tag of 15,000',
      async run(round) {
        const { data } = (await send('GET', `/tags?search=${wideTag}`)) as { data: { name: string }[] };
        await send('PATCH', `/tags/${encodeURIComponent(data[0]?.name ?? '')}`, {
          name: round === 5 ? wideTag : `${wideTag} ${round}`,
        });
      },
      asked: 300,
    },
  ];
}
