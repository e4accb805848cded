/** The operations of a user with many tasks. */

import { wideTag } from './growth-data.ts';
import { type List, listOperations } from './growth-lists.ts';

/** Sends a request of the user. @returns the body */
export type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;

export interface GrowthOperation {
  name: string;
  /** @param round from 0: each round writes to other tasks */
  run(round: number): Promise<void>;
  /** In ms; null for no figure, 20 when absent. */
  asked?: number | null;
}

/** What can be measured by itself. */
export const growthParts = ['orders', 'filters', 'searches', 'reads', 'writes'] as const;
export type GrowthParts = Record<(typeof growthParts)[number], GrowthOperation[]>;

export async function createGrowthOperations(send: Send, tasks: number): Promise<GrowthParts> {
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
  const reads: GrowthOperation[] = [
    read('get a task', `/tasks/${id(0, 0)}`),
    read('list of a project', `/tasks?project_id=${projects[3]}`),
    read('list of a project by title', `/tasks?project_id=${projects[3]}&sort_by=title`),
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
    read('sections of a project', `/projects/${projects[3]}/sections`),
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
  ];
  const writes: GrowthOperation[] = [
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
      () => ({ before: null }),
    ),
    write(
      'add a reminder',
      'POST',
      (round) => `${task(8)(round)}/reminders`,
      () => ({ remind_at: '2031-01-01T00:00:00Z' }),
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
      (round) => ({ before: projects[8 + round] }),
    ),
    write(
      'bulk, 40 completions',
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
  return { ...listOperations(send, tasks), reads, writes };
}
