import { expect, test } from 'vitest';
import { googleTasks } from '../../../src/import/formats/google-tasks.ts';
import { bytesOf, importOptions, readSample } from '../../support/import-formats.ts';

const takeout = {
  kind: 'tasks#taskLists',
  items: [
    {
      kind: 'tasks#tasks',
      id: 'listA',
      title: 'Household',
      updated: '2026-11-27T10:00:00Z',
      items: [
        { id: 't2', title: 'Second', position: '00000000000000000001', status: 'needsAction' },
        {
          id: 't1',
          created: '2026-11-01T09:00:00Z',
          title: 'Clean the stove',
          notes: 'With vinegar',
          position: '00000000000000000000',
          status: 'needsAction',
          due: '2026-12-03T00:00:00Z',
          starred: true,
          links: [{ type: 'email', link: 'https://mail.example.org/1' }],
        },
        {
          id: 't3',
          title: 'Buy vinegar',
          parent: 't1',
          position: '00000000000000000001',
          status: 'completed',
          completed: '2026-11-02T09:00:00Z',
          hidden: true,
        },
        {
          id: 't4',
          title: 'Find a sponge',
          parent: 't1',
          position: '00000000000000000000',
          status: 'needsAction',
        },
        { id: 't5', title: 'Gone', position: '00000000000000000002', status: 'needsAction', deleted: true },
        { id: 't6', title: '', position: '00000000000000000003', status: 'needsAction' },
        {
          id: 't7',
          title: '',
          notes: 'Only a note\nof two lines',
          position: '00000000000000000004',
          status: 'needsAction',
        },
      ],
    },
    {
      id: 'listB',
      title: 'Work',
      items: [
        {
          id: 't8',
          title: 'Call at noon',
          status: 'needsAction',
          due: '2026-12-04T00:00:00Z',
          scheduled_time: [{ current: true, start: '2026-12-04T11:00:00Z' }],
          task_recurrence_id: 'r1',
        },
      ],
    },
  ],
};

test('lists are projects, and tasks keep their order, levels, dates and notes', () => {
  const { tasks, notes, keys } = readSample(googleTasks, JSON.stringify(takeout));
  expect(tasks).toEqual([
    {
      place: 'items.0.items.1',
      title: 'Clean the stove',
      description: 'With vinegar\nhttps://mail.example.org/1',
      priority: 'High',
      project: 'Household',
      dueDate: '2026-12-03',
      createdAt: '2026-11-01T09:00:00.000Z',
    },
    { place: 'items.0.items.3', title: 'Find a sponge', project: 'Household', parent: 'Clean the stove' },
    {
      place: 'items.0.items.2',
      title: 'Buy vinegar',
      project: 'Household',
      parent: 'Clean the stove',
      completed: true,
      completedAt: '2026-11-02T09:00:00.000Z',
    },
    { place: 'items.0.items.0', title: 'Second', project: 'Household' },
    {
      place: 'items.0.items.6',
      title: 'Only a note',
      description: 'Only a note\nof two lines',
      project: 'Household',
    },
    {
      place: 'items.1.items.0',
      title: 'Call at noon',
      project: 'Work',
      dueDate: '2026-12-04',
      dueTime: '12:00',
    },
  ]);
  expect(notes).toEqual([
    'items.0.items.1, changed: its star is the priority High',
    'items.0.items.4, skipped: is deleted',
    'items.0.items.5, skipped: has neither a title nor a description',
    'items.0.items.6, changed: has no title; the first line of its description is the title',
    'items.1.items.0, changed: repeats in Google Tasks, but the file does not say how: it is a single task',
  ]);
  expect(keys).toEqual(['t1', 't4', 't3', 't2', 't7', 't8']);
});

test('a subtask of a deleted task comes to the top', () => {
  const items = [
    { id: 'a', title: 'Above', deleted: true },
    { id: 'b', title: 'Below', parent: 'a' },
  ];
  const { tasks, notes } = readSample(
    googleTasks,
    JSON.stringify({ kind: 'tasks#taskLists', items: [{ title: 'L', items }] }),
  );
  expect(tasks).toEqual([{ place: 'items.0.items.1', title: 'Below', project: 'L' }]);
  expect(notes).toHaveLength(2);
});

test('another document, and a broken one, say what was wanted and where', () => {
  expect(() => googleTasks.read(bytesOf('{"kind": "other"}'), importOptions)).toThrow(/it has no "items"$/);
  expect(() => googleTasks.read(bytesOf('{"kind":\n"tasks#taskLists", "items": [}'), importOptions)).toThrow(
    /the JSON is broken near line 2$/,
  );
});
