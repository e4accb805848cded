// Compiled, never run: a line with an error that is expected fails when it compiles.
import { createDuly, type Project, type Task } from '../../src/index.ts';
import { indexedDbStore, memoryStore, openOffline, type Query } from '../../src/offline/index.ts';

/** Accepts `Value` only if it is exactly `Wanted`. */
type Exactly<Wanted, Value> = [Wanted, Value] extends [Value, Wanted] ? Value : never;
const expectType = <Wanted>() => ({ of: <Value>(_: Exactly<Wanted, Value>) => undefined });

const duly = createDuly({ url: 'https://duly.example.com', token: 'text' });
const offline = await openOffline({
  duly,
  store: indexedDbStore('duly-ada'),
  onConflict(conflict) {
    if (conflict.noun === 'task') {
      expectType<Task>().of(conflict.base);
      expectType<Task | null>().of(conflict.mine);
    } else if (conflict.noun === 'project') expectType<Project>().of(conflict.theirs);
    return conflict.fields.includes('title') ? { title: 'both' } : 'theirs';
  },
  onRefused: ({ error }) => expectType<number>().of(error.status),
});
await openOffline({ duly, store: memoryStore() });
// @ts-expect-error such a decision does not exist
await openOffline({ duly, onConflict: () => 'ours' });
// @ts-expect-error without a client nothing can be sent
await openOffline({ store: memoryStore() });

export function read() {
  expectType<readonly Task[]>().of(offline.tasks.all());
  expectType<Project | undefined>().of(offline.projects.get('id'));
  expectType<'done' | 'skipped' | undefined>().of(offline.occurrences.get('id')?.status);
  expectType<Query<number>>().of(offline.query(({ tasks, tags }) => tasks.all().length + tags.all().length));
}

export async function write() {
  expectType<string>().of(await offline.tasks.create({ title: 'x', tags: ['home'] }));
  await offline.tasks.update('id', { title: 'x' });
  await offline.tasks.delete('id');
  await offline.tasks.delete('id', { children: 'delete' });
  await offline.tasks.move('id', { after: null, section_id: 'id' });
  await offline.projects.delete('id', { tasks: 'inbox' });
  await offline.sections.create({ name: 'x', project_id: 'id' });
  await offline.reminders.create({ task_id: 'id', relative_to: 'due', minutes_before: 5 });
  // @ts-expect-error a title is needed
  await offline.tasks.create({});
  // @ts-expect-error the client itself sends the version
  await offline.tasks.update('id', { title: 'x', version: 1 });
  // @ts-expect-error no such field
  await offline.tasks.update('id', { colour: 'red' });
  // @ts-expect-error what becomes of the tasks must be said
  await offline.projects.delete('id');
  // @ts-expect-error a section is in a project
  await offline.sections.create({ name: 'x' });
  // @ts-expect-error the server makes tags
  await offline.tags.create({ name: 'x' });
  // @ts-expect-error reminders have no order
  await offline.reminders.move('id', { after: null });
}
