import { createDuly, type Duly, DulyError } from '../../client/src/index.ts';
import { deletedToday, doneToday, type PlannedProject, person, projects, views } from './content.ts';
import { dayFrom, localTimeZone } from './days.ts';
import { historyDocument } from './history.ts';

/** Something that stands in the way, in one line for a person. */
export class DemoError extends Error {
  override name = 'DemoError';
}

/**
 * Makes the demonstration's user with everything it has, over HTTP.
 * @returns `filled`, or `present` when it was made before; what a run that was cut off left is completed
 * @throws DemoError when the account cannot be made, or is somebody else's
 */
export async function fill(url: string): Promise<'filled' | 'present'> {
  const account = await openAccount(url);
  const duly = createDuly({ url, token: account.token, userId: account.userId });
  // The views are made last. One in the trash was made too.
  const { data: live } = await duly.views.list({ limit: 100 });
  const { data: trashed } = await duly.views.listTrash({ limit: 100 });
  const viewNames = new Set([...live, ...trashed].map(({ name }) => name));
  if (views.every(({ name }) => viewNames.has(name))) return 'present';
  const now = new Date();
  await duly.profile.update({ time_zone: localTimeZone(), default_reminder_minutes: 30 });
  const projectIds = await makePlaces(duly);
  const { pagination } = await duly.tasks.list({ limit: 1, archived: 'show' });
  if (pagination.total === 0) await makeTasks(duly, now, projectIds);
  await importHistory(url, account, historyDocument(now, projectIds));
  await workToday(duly);
  for (const view of views) if (!viewNames.has(view.name)) await duly.views.create(view);
  return 'filled';
}

interface Account {
  userId: string;
  token: string;
}

async function openAccount(url: string): Promise<Account> {
  const { auth } = createDuly({ url });
  const { email, password } = person;
  const open = async (work: ReturnType<typeof auth.login>): Promise<Account> => {
    const { access_token: token, user } = await work;
    return { token, userId: user.id };
  };
  try {
    return await open(auth.login({ email, password }));
  } catch (error) {
    if (!(error instanceof DulyError) || error.code !== 'INVALID_CREDENTIALS') throw error;
  }
  try {
    return await open(auth.register(person));
  } catch (error) {
    if (!(error instanceof DulyError) || error.status >= 500) throw error;
    throw new DemoError(
      error.code === 'EMAIL_TAKEN'
        ? `${email} has an account with another password: erase it (npm run admin -- delete ${email}), then ask again`
        : `${email} cannot be registered: ${error.message} (${error.code})`,
    );
  }
}

/** @returns the projects' ids by name, and those of sections by `project/section` */
async function makePlaces(duly: Duly): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for await (const { id, name } of duly.projects.all()) ids.set(name, id);
  for (const { name, color, sections = [] } of projects) {
    if (name === null) continue;
    const id = ids.get(name) ?? (await duly.projects.create({ name, color: color ?? null })).id;
    ids.set(name, id);
    for await (const section of duly.sections.all(id)) ids.set(`${name}/${section.name}`, section.id);
    for (const section of sections) {
      const key = `${name}/${section}`;
      if (!ids.has(key)) ids.set(key, (await duly.sections.create(id, { name: section })).id);
    }
  }
  return ids;
}

/** All or none, in one request. */
async function makeTasks(duly: Duly, now: Date, ids: ReadonlyMap<string, string>): Promise<void> {
  const operations = projects.flatMap((project) => creationsOf(now, project, ids));
  await duly.tasks.bulk({ atomic: true, operations });
}

function creationsOf(now: Date, { name, tasks }: PlannedProject, ids: ReadonlyMap<string, string>) {
  return tasks.flatMap(({ title, subtasks = [], ...task }, index) => {
    const temp_id = `${name ?? 'inbox'} ${index}`;
    const creation = {
      ...{ op: 'create' as const, temp_id, title },
      ...{ description: task.description ?? null, tags: task.tags ?? [] },
      ...(task.priority && { priority: task.priority }),
      ...(name !== null && { project_id: ids.get(name) ?? null }),
      ...(task.section && { section_id: ids.get(`${name}/${task.section}`) ?? null }),
      ...(task.day !== undefined && { due_date: dayFrom(now, task.day) }),
      ...(task.time && { due_time: task.time }),
      ...(task.startDay !== undefined && { start_date: dayFrom(now, task.startDay) }),
      ...(task.repeats && { recurrence: task.repeats }),
      reminders: (task.reminders ?? []).map((minutes) => ({
        relative_to: 'due' as const,
        minutes_before: minutes,
      })),
    };
    const below = subtasks.map((child) => ({ op: 'create' as const, title: child, parent_id: temp_id }));
    return [creation, ...below];
  });
}

async function importHistory(url: string, { userId, token }: Account, document: object): Promise<void> {
  const response = await fetch(`${url}/api/v1/users/${userId}/import?format=duly-json`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(document),
  });
  const text = await response.text();
  if (!response.ok) throw new DemoError(`The history was refused (status ${response.status}): ${text}`);
}

async function workToday(duly: Duly): Promise<void> {
  for (const title of doneToday) {
    const found = await findTask(duly, title);
    if (found !== undefined && !found.completed) await duly.tasks.complete(found.id);
  }
  const unwanted = await findTask(duly, deletedToday);
  if (unwanted !== undefined) await duly.tasks.delete(unwanted.id);
}

async function findTask(duly: Duly, title: string) {
  const { data } = await duly.tasks.list({ search: title });
  return data.find((task) => task.title === title);
}
