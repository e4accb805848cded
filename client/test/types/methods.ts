// Compiled, never run: a line with an error that is expected fails when it compiles.
import {
  type Change,
  createDuly,
  DulyError,
  fromBetterAuth,
  login,
  type Project,
  type Task,
} from '../../src/index.ts';

/** Accepts `Value` only if it is exactly `Wanted`. */
type Exactly<Wanted, Value> = [Wanted, Value] extends [Value, Wanted] ? Value : never;
const expectType = <Wanted>() => ({ of: <Value>(_: Exactly<Wanted, Value>) => undefined });

const duly = createDuly({ url: 'https://duly.example.com', token: login({ email: 'a@b.c', password: 'x' }) });
createDuly({ url: 'https://duly.example.com', token: 'text' });
createDuly({ url: 'https://duly.example.com', token: async ({ rejected }) => rejected ?? 'first' });
createDuly({
  url: 'https://duly.example.com',
  token: fromBetterAuth({ token: async () => ({ data: null }) }),
});
// @ts-expect-error there is no server without a URL
createDuly({ token: 'text' });

export async function readTasks(signal: AbortSignal) {
  const page = await duly.tasks.list({ status: 'pending', tags: ['home'], limit: 10 }, { signal });
  expectType<Task[]>().of(page.data);
  expectType<string | null>().of(page.pagination.next_cursor);
  expectType<Task>().of(await duly.tasks.get('id'));
  await duly.tasks.list();
  for await (const task of duly.tasks.all({ view: 'today' })) expectType<Task>().of(task);
  for await (const { data } of duly.tasks.pages()) expectType<Task[]>().of(data);
  for await (const { name } of duly.sections.all('project')) expectType<string>().of(name);
  const { inbox } = await duly.projects.list();
  expectType<number>().of(inbox.open_tasks);
  expectType<number>().of(
    (await duly.profile.import(new Blob(['x']), { dry_run: true }, { signal })).created,
  );
  // @ts-expect-error an import has a file
  await duly.profile.import();
  // @ts-expect-error no such filter
  await duly.tasks.list({ colour: 'red' });
  // @ts-expect-error no such status
  await duly.tasks.list({ status: 'lost' });
  // @ts-expect-error an id is needed
  await duly.tasks.get();
  // @ts-expect-error tags are not paged
  duly.tags.all();
  // @ts-expect-error `message` is for people who read responses
  page.message;
}

export async function writeTasks() {
  expectType<Task>().of(await duly.tasks.create({ title: 'x', due_date: null }, { idempotencyKey: 'mine' }));
  expectType<Task>().of(await duly.tasks.update('id', { title: 'x', version: 1 }, { ifMatch: 1 }));
  expectType<Task>().of(await duly.tasks.complete('id'));
  expectType<Task>().of(await duly.tasks.complete('id', { completed: false, occurrence: '2030-01-01' }));
  expectType<null>().of(await duly.tasks.delete('id'));
  expectType<Project>().of(await duly.projects.create({ name: 'x' }));
  expectType<null>().of(await duly.projects.delete('id', { tasks: 'trash' }));
  await duly.tasks.bulk({ operations: [{ op: 'create', temp_id: 'a', title: 'x' }] });
  await duly.reminders.update('task', 'reminder', { minutes_before: 5 });
  // @ts-expect-error a title is needed
  await duly.tasks.create({});
  // @ts-expect-error what becomes of the tasks must be said
  await duly.projects.delete('id');
  // @ts-expect-error a creation has no version to match
  await duly.tasks.create({ title: 'x' }, { ifMatch: 1 });
  // @ts-expect-error a read needs no key
  await duly.tasks.get('id', { idempotencyKey: 'mine' });
  // @ts-expect-error an archived task is not a thing
  await duly.tasks.update('id', { archived: true });
  // @ts-expect-error both the task and the reminder are needed
  await duly.reminders.get('task');
}

export function readError(error: unknown) {
  if (!(error instanceof DulyError)) throw error;
  expectType<number | null>().of(error.retryAfterMs);
  if (error.code === 'VERSION_CONFLICT' && error.noun === 'task') expectType<Task>().of(error.current);
  else if (error.code === 'PRECONDITION_FAILED' && error.noun === 'project')
    expectType<Project>().of(error.current);
  else if (error.code === 'NETWORK_ERROR') {
    // @ts-expect-error only a conflict has it
    error.current;
  }
  // @ts-expect-error no such code
  if (error.code === 'NOT_MINE') return;
}

/** A compile error if a code of a conflict were forgotten, or if `type` did not tell changes apart. */
export async function readFeed() {
  for await (const { changes, cursor, isReset } of duly.changes({ since: null, follow: true })) {
    expectType<Change[]>().of(changes);
    expectType<string>().of(cursor);
    expectType<boolean>().of(isReset);
  }
  for await (const event of duly.events({ since: 'cursor' })) {
    if (event.type === 'ready') expectType<boolean>().of(event.isReset);
    else if (event.change.type === 'task') expectType<Task | undefined>().of(event.change.task);
    // @ts-expect-error it is a task only if `type` says so
    event.change?.task;
  }
}
