import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../server/test/support/process.ts';
import { newClient } from '../../../server/test/support/tasks.ts';
import type { Task } from '../../src/index.ts';
import { useApp } from '../support/duly.ts';
import { inClient } from '../support/generate.ts';
import { startLossyProxy } from '../support/lossy-proxy.ts';
import { createDevice, untilSynced } from '../support/offline.ts';

const app = useApp();
const hasPython = existsSync('/usr/bin/python3');
if (!hasPython) console.warn('skipped: the client in Python, for want of /usr/bin/python3');

type Fields = Record<string, unknown>;
type Step =
  | ['sync']
  | ['create', 'task' | 'project', Fields]
  | ['update', string, Fields]
  | ['delete', string]
  | ['skip', string];

interface Outcome {
  reports: (readonly string[])[];
  refused: string[];
  tasks: Task[];
  pending: number;
}

/** A device on which chapters of the story happen; the app is started anew for each. */
type Device = (steps: Step[]) => Promise<Outcome>;

function inTypeScript(url: string, user: { token: string }): Device {
  const outcome = { reports: [] as (readonly string[])[], refused: [] as string[] };
  const { open } = createDevice({ url }, user, {
    onConflict: ({ fields }) => {
      outcome.reports.push(fields);
      return 'mine';
    },
    onRefused: ({ error }) => outcome.refused.push(error.code),
  });
  return async (steps) => {
    outcome.reports.length = outcome.refused.length = 0;
    let offline = await open();
    const task = (wanted: unknown) => offline.tasks.all().find(({ title }) => title === wanted)?.id ?? '';
    const project = (wanted: unknown) => offline.projects.all().find(({ name }) => name === wanted)?.id;
    const fieldsOf = ({ project: inProject, parent, ...fields }: Fields) => ({
      ...fields,
      ...(inProject !== undefined && { project_id: project(inProject) ?? '' }),
      ...(parent !== undefined && { parent_id: task(parent) }),
    });
    for (const step of steps) {
      if (step[0] === 'sync') offline = await untilSynced(open);
      else if (step[0] === 'delete') await offline.tasks.delete(task(step[1]));
      else if (step[0] === 'skip') await offline.tasks.skip(task(step[1]));
      else if (step[0] === 'update') await offline.tasks.update(task(step[1]), fieldsOf(step[2]));
      else if (step[1] === 'task') await offline.tasks.create({ title: '', ...fieldsOf(step[2]) });
      else await offline.projects.create({ name: '', ...step[2] });
    }
    return { ...outcome, tasks: [...offline.tasks.all()], pending: offline.pending() };
  };
}

async function inPython(url: string, { token }: { token: string }): Promise<Device> {
  const { path, remove } = await temporaryDirectory();
  removals.push(remove);
  const script = fileURLToPath(inClient('test/python/story.py'));
  return async (steps) => {
    const args = [script, url, token, join(path, 'store.json'), JSON.stringify(steps)];
    const { stdout } = await promisify(execFile)('/usr/bin/python3', args, { timeout: 100_000 });
    return JSON.parse(stdout);
  };
}

const removals: (() => unknown)[] = [];
afterAll(() => Promise.all(removals.map((remove) => remove())));

const makers = { TypeScript: inTypeScript, Python: inPython };
const milk = { title: 'Buy milk', project: 'Home', tags: ['shop'] };

test.skipIf(!hasPython).each([
  ['TypeScript', 'Python'],
  ['Python', 'TypeScript'],
] as const)('the same story, first in %s and then in %s, has the same end', async (first, second) => {
  const { user, v1 } = await newClient(app());
  const { url } = await startLossyProxy(app().url);
  const [phone, laptop] = [await makers[first](url, user), await makers[second](url, user)];
  const water = { title: 'Water', due_date: '2026-12-24', recurrence: 'FREQ=DAILY' };
  const made = await phone([
    ['create', 'project', { name: 'Home' }],
    ['create', 'task', milk],
    ['create', 'task', { title: 'Skimmed', parent: 'Buy milk' }],
    ['update', 'Buy milk', { priority: 'Low' }],
    ['create', 'task', water],
    ['create', 'task', { title: 'Old' }],
  ]);
  expect(made).toMatchObject({
    pending: 6,
    tasks: [{ priority: 'Low' }, {}, { occurrence: '2026-12-24' }, {}],
  });
  expect(await phone([['sync']])).toMatchObject({ pending: 0, reports: [], refused: [] });
  expect((await laptop([['sync']])).tasks.map(({ title }) => title)).toEqual([
    'Buy milk',
    'Skimmed',
    'Water',
    'Old',
  ]);
  await phone([
    ['update', 'Buy milk', { title: 'Buy oat milk', priority: 'High' }],
    ['update', 'Water', { completed: true }],
    ['delete', 'Old'],
  ]);
  const shown = await laptop([
    ['update', 'Buy milk', { title: 'Buy soy milk', description: 'two' }],
    ['update', 'Water', { completed: true }],
    ['update', 'Old', { title: 'Older' }],
    ['create', 'task', { title: 'New' }],
  ]);
  expect(shown.tasks.map(({ title }) => title)).toEqual(['Buy soy milk', 'Skimmed', 'Water', 'Older', 'New']);
  expect(await phone([['sync']])).toMatchObject({ reports: [], refused: [] });
  const late = await laptop([['sync']]);
  expect(late).toMatchObject({ reports: [['title']], refused: ['NOT_FOUND'], pending: 0 });
  expect(await laptop([['skip', 'Water'], ['sync']])).toMatchObject({ reports: [], refused: [] });
  const { body } = await v1('GET', '/tasks?sort_by=position&sort_direction=asc');
  expect(body.data).toMatchObject([
    { title: 'Buy soy milk', description: 'two', priority: 'High', tags: ['shop'] },
    { title: 'Skimmed', parent_id: body.data[0].id, project_id: body.data[0].project_id },
    { title: 'Water', occurrence: '2026-12-26', completed: false },
    { title: 'New' },
  ]);
  for (const device of [phone, laptop]) expect((await device([['sync']])).tasks).toEqual(body.data);
  const projects = (await v1('GET', '/projects')).body.data;
  expect(projects).toMatchObject([{ name: 'Home', id: body.data[0].project_id }]);
});
