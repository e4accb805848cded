/**
 * An offline-first client of Duly in one file, for every platform with `fetch`: browsers, phones, Node.
 *
 * It keeps a mirror of the server's tasks, projects, sections and saved views, and an outbox of local changes of tasks.
 * `listTasks` applies the outbox to the mirror, so the app works the same with and without a network. Three features of
 * the API make that safe. With an Idempotency-Key, a write that is sent twice is done once. With `version`, no write
 * overwrites a change that the client has not seen. The change feed misses no change.
 */

export interface Task {
  id: string;
  title: string;
  description: string | null;
  completed: boolean;
  priority: 'High' | 'Medium' | 'Low';
  due_date: string | null;
  /** An RRULE; null: the task does not repeat. */
  recurrence: string | null;
  /** Which occurrence of the rule the task is at; null without a rule. */
  occurrence: string | null;
  tags: string[];
  project_id: string | null;
  section_id: string | null;
  parent_id: string | null;
  /** The manual order: ascending by code point, then by id. */
  position: string;
  /** Of its subtasks; null without any. */
  progress: { done: number; total: number } | null;
  version: number;
}

interface Project {
  id: string;
  name: string;
  color: string | null;
  archived: boolean;
  position: string;
}

interface Section {
  id: string;
  project_id: string;
  name: string;
  position: string;
}

interface View {
  id: string;
  name: string;
  /** Filters and order of a list. */
  parameters: Record<string, unknown>;
  position: string;
}

/** An occurrence of a repeating task that is done or skipped. */
interface Occurrence {
  id: string;
  task_id: string;
  date: string;
  status: 'done' | 'skipped';
}

/** A reminder of a task, of one in the trash too. */
interface Reminder {
  id: string;
  task_id: string;
  /** When it is sent next; null: not any more, or not while the task is as it is. */
  next_at: string | null;
}

export type Fields = Partial<Omit<Task, 'id' | 'position' | 'progress' | 'version'>>;

/** One local change. `key` is its Idempotency-Key; `base` is the task that it was made on. */
export interface Entry {
  key: string;
  op: 'create' | 'update' | 'delete' | 'skip' | 'undo';
  id: string;
  fields: Fields;
  base: Task;
}

/** The whole stored state: one value, so that a crash leaves either the previous one or this one. */
export interface State {
  tasks: Record<string, Task>;
  projects: Record<string, Project>;
  sections: Record<string, Section>;
  views: Record<string, View>;
  occurrences: Record<string, Occurrence>;
  reminders: Record<string, Reminder>;
  outbox: Entry[];
  /** Server ids of tasks created here, by local id. */
  serverIds: Record<string, string>;
  cursor: string | null;
}

export interface Options {
  /** Such as `https://duly.example.com`. */
  api: string;
  userId: string;
  token: () => Promise<string>;
  /** Resolves to the state that `save` stored last; null the first time. */
  load: () => Promise<State | null>;
  save: (state: State) => Promise<void>;
  /**
   * Chooses the value of a field that both sides changed. By default this device wins. A task deleted here and changed
   * on the server is passed as the field `deleted`.
   */
  resolveConflict?: (field: string, mine: unknown, theirs: unknown) => unknown;
  /** Called when the server refused a change for good. The change is dropped. */
  onRefused?: (entry: Entry, reason: string) => void;
  fetch?: typeof fetch;
}

/** An item of the change feed. Without its property named by `type` it is a deletion. */
interface Change {
  type: string;
  id: string;
  task?: Task;
  project?: Project;
  section?: Section;
  view?: View;
  occurrence?: Occurrence;
  reminder?: Reminder;
}

const emptyLists = { projects: {}, sections: {}, views: {}, occurrences: {}, reminders: {} };
const emptyMirror = { tasks: {}, ...emptyLists, cursor: null };

/** Applies those of the changes that are of one type. */
function applyChanges<Item>(
  mirror: Record<string, Item>,
  changes: readonly Change[],
  type: string,
  itemOf: (change: Change) => Item | undefined,
): Record<string, Item> {
  const items = { ...mirror };
  for (const change of changes) {
    if (change.type !== type) continue;
    const item = itemOf(change);
    if (item !== undefined) items[change.id] = item;
    else delete items[change.id];
  }
  return items;
}

const inOrder = <Item extends { id: string; position: string }>(items: Iterable<Item>): Item[] =>
  [...items].sort((a, b) =>
    a.position === b.position ? (a.id < b.id ? -1 : 1) : a.position < b.position ? -1 : 1,
  );

/** After every position of the server, until it gives the task its own. */
const lastPosition = '~';

/** The properties of responses that this client reads. */
interface Body<Data> {
  data: Data;
  next_cursor: string;
  has_more: boolean;
  detail: string;
  error_code?: string;
  current?: Task;
}

/** The server is unreachable, overloaded or limits the rate: call `sync` again later. */
export class TryLaterError extends Error {}

export class OfflineClient {
  readonly #options: Options;
  #state: State;
  #syncing: Promise<void> | undefined;

  constructor(options: Options, state: State) {
    this.#options = options;
    this.#state = state;
  }

  static async open(options: Options): Promise<OfflineClient> {
    const stored = await options.load();
    // What an app without reminders stored: it skipped them in the feed, so the mirror is read again from the start.
    const isOld = stored !== null && !('reminders' in stored);
    const state = { ...emptyMirror, outbox: [], serverIds: {}, ...stored, ...(isOld && emptyMirror) };
    return new OfflineClient(options, state);
  }

  /** The tasks to show, by id and in their manual order: the mirror with all local changes. */
  listTasks(): Map<string, Task> {
    const shown = new Map(Object.entries(this.#state.tasks));
    for (const { op, id, fields, base } of this.#state.outbox) {
      const task = op === 'create' ? base : shown.get(id);
      // The server knows the next occurrence, so the task shows nothing of a skip or an undo before.
      if (op === 'delete') shown.delete(id);
      else if (op === 'skip' || op === 'undo') continue;
      else if (task !== undefined) shown.set(id, { ...task, ...fields });
    }
    return new Map(inOrder(shown.values()).map((task) => [task.id, task]));
  }

  listProjects = (): Project[] => inOrder(Object.values(this.#state.projects));

  listSections = (projectId: string): Section[] =>
    inOrder(Object.values(this.#state.sections)).filter(({ project_id }) => project_id === projectId);

  listViews = (): View[] => inOrder(Object.values(this.#state.views));

  /** Those that are still to come, the next one first. */
  listReminders = (taskId: string): Reminder[] =>
    Object.values(this.#state.reminders)
      .filter(({ task_id, next_at }) => task_id === taskId && next_at !== null)
      .sort((a, b) => ((a.next_at ?? '') < (b.next_at ?? '') ? -1 : 1));

  /** Those that are done or skipped, on the server. */
  listOccurrences = (taskId: string): Occurrence[] =>
    Object.values(this.#state.occurrences).filter(({ task_id }) => task_id === taskId);

  /** Number of changes not sent yet. */
  pending = (): number => this.#state.outbox.length;

  /** @returns a local id, which stays valid for `edit` and `remove` although the server assigns another one */
  async create(fields: Fields & { title: string }): Promise<string> {
    const id = crypto.randomUUID();
    const blank = {
      description: null,
      completed: false,
      priority: 'Medium' as const,
      due_date: null,
      recurrence: null,
      occurrence: fields.recurrence ? (fields.due_date ?? null) : null,
      tags: [],
      project_id: null,
      section_id: null,
      parent_id: null,
      position: lastPosition,
      progress: null,
    };
    await this.#add('create', id, fields, { ...blank, ...fields, id, version: 1 });
    return id;
  }

  /** A completion names the occurrence that the user saw, so it never completes the one after it. */
  async edit(id: string, fields: Fields): Promise<void> {
    const task = this.listTasks().get(this.#state.serverIds[id] ?? id);
    const occurrence = task?.occurrence ?? null;
    const isSent = this.#state.tasks[task?.id ?? '']?.completed === task?.completed;
    if (fields.completed === false && occurrence !== null && !isSent) await this.undo(id, occurrence);
    else
      await this.#change('update', id, {
        ...fields,
        ...(fields.completed && occurrence !== null && { occurrence }),
      });
  }

  /** Moves a repeating task on without a completion. */
  async skip(id: string): Promise<void> {
    const occurrence = this.listTasks().get(this.#state.serverIds[id] ?? id)?.occurrence ?? null;
    if (occurrence !== null) await this.#change('skip', id, { occurrence });
  }

  /** Takes back what was done or skipped last, if that is the occurrence of this date. */
  undo = (id: string, occurrence: string) => this.#change('undo', id, { occurrence });

  remove = (id: string) => this.#change('delete', id, {});

  /** Sends local changes, then reads the server's. @throws TryLaterError; completed steps stay saved. */
  sync(): Promise<void> {
    this.#syncing ??= this.#exchange().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Long-polls: resolves after a change on the server, or after 30 s. Then call `sync`. @throws TryLaterError */
  async waitForChanges(): Promise<void> {
    await this.#request('GET', `/changes?limit=1&wait=30${this.#since()}`);
  }

  async #exchange(): Promise<void> {
    for (let [entry] = this.#state.outbox; entry !== undefined; [entry] = this.#state.outbox)
      await this.#push(entry);
    while (await this.#pull());
  }

  async #change(op: Exclude<Entry['op'], 'create'>, id: string, fields: Fields): Promise<void> {
    const task = this.listTasks().get(this.#state.serverIds[id] ?? id);
    if (task !== undefined) await this.#add(op, task.id, fields, task);
  }

  #add = (op: Entry['op'], id: string, fields: Fields, base: Task) =>
    this.#save({ outbox: [...this.#state.outbox, { key: crypto.randomUUID(), op, id, fields, base }] });

  #save(change: Partial<State>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    return this.#options.save(this.#state);
  }

  #since = () => (this.#state.cursor === null ? '' : `&since=${encodeURIComponent(this.#state.cursor)}`);

  /** Sends one change. Its result is saved before the next one is sent; until then the same request is repeated. */
  async #push(entry: Entry): Promise<void> {
    const { op, id, key, fields, base } = entry;
    const { status, body } = await (op === 'create'
      ? this.#request<Task>('POST', '/tasks', fields, key)
      : op === 'delete'
        ? this.#request<Task>('DELETE', `/tasks/${id}`, { version: base.version }, key)
        : op === 'update'
          ? this.#request<Task>('PATCH', `/tasks/${id}`, { ...fields, version: base.version }, key)
          : this.#request<Task>('POST', `/tasks/${id}/occurrences/${op}`, fields, key));
    // The state after the request: the user may have made changes meanwhile.
    const rest = this.#state.outbox.slice(1);
    const { [id]: _, ...others } = this.#state.tasks;
    const { current } = body;
    // With the same version the server refuses it for good: the task is not at that occurrence any more.
    const isRetried = (op === 'update' || op === 'delete') && current?.version !== base.version;
    if (status === 409 && current !== undefined && isRetried) {
      const tasks = { ...others, [id]: current };
      const isKept = op === 'update' || this.#resolveField('deleted', true, false) === true;
      // Retried on the server's current task. That is another write, so it needs another key.
      const retried = { ...entry, key: crypto.randomUUID(), fields: this.#merge(entry, current) };
      await this.#save({ outbox: isKept ? [{ ...retried, base: current }, ...rest] : rest, tasks });
    } else if ((op === 'create' && status === 201) || (op !== 'delete' && status === 200)) {
      const task = body.data;
      // Later changes of the same task are based on this write's result, and new subtasks take its id.
      const outbox = rest.map((later) => {
        const isParent = op === 'create' && later.fields.parent_id === id;
        const fields = isParent ? { ...later.fields, parent_id: task.id } : later.fields;
        return later.id === id ? { ...later, fields, id: task.id, base: task } : { ...later, fields };
      });
      const serverIds = op === 'create' ? { ...this.#state.serverIds, [id]: task.id } : this.#state.serverIds;
      await this.#save({ outbox, serverIds, tasks: { ...others, [task.id]: task } });
    } else {
      const isDeleted = op === 'delete' && (status === 200 || status === 404);
      if (!isDeleted) this.#options.onRefused?.(entry, body.detail);
      // Later changes of a missing task are dropped as well. After any other refusal only this change is dropped.
      const isGone = isDeleted || status === 404 || op === 'create';
      const outbox = isGone ? rest.filter((later) => later.id !== id) : rest;
      await this.#save({ outbox, ...(isGone ? { tasks: others } : {}) });
    }
  }

  /** Without `resolveConflict` this device wins. */
  #resolveField(field: string, mine: unknown, theirs: unknown): unknown {
    const { resolveConflict } = this.#options;
    return resolveConflict === undefined ? mine : resolveConflict(field, mine, theirs);
  }

  /** Three-way merge: a field changed by one side keeps that side's value; `resolveConflict` chooses the others. */
  #merge({ fields, base }: Entry, current: Task): Fields {
    const theirs: Record<string, unknown> = { ...current };
    const common: Record<string, unknown> = { ...base };
    const merged = Object.entries(fields).map(([field, mine]) => {
      if (field === 'occurrence') return [field, mine];
      const isConflict = JSON.stringify(theirs[field]) !== JSON.stringify(common[field]);
      return [field, isConflict ? this.#resolveField(field, mine, theirs[field]) : mine];
    });
    return Object.fromEntries(merged);
  }

  /** Applies one page of the change feed. @returns whether more pages follow */
  async #pull(): Promise<boolean> {
    const { status, body } = await this.#request<Change[]>('GET', `/changes?limit=100${this.#since()}`);
    if (status === 410) {
      // The cursor expired after months, and earlier deletions are unknown: read everything again. The outbox stays.
      await this.#save(emptyMirror);
      return true;
    }
    const { tasks, projects, sections, views, occurrences, reminders } = this.#state;
    // Saved together, so that a page is either applied with its cursor or not at all.
    await this.#save({
      tasks: applyChanges(tasks, body.data, 'task', ({ task }) => task),
      projects: applyChanges(projects, body.data, 'project', ({ project }) => project),
      sections: applyChanges(sections, body.data, 'section', ({ section }) => section),
      views: applyChanges(views, body.data, 'view', ({ view }) => view),
      occurrences: applyChanges(occurrences, body.data, 'occurrence', ({ occurrence }) => occurrence),
      reminders: applyChanges(reminders, body.data, 'reminder', ({ reminder }) => reminder),
      cursor: body.next_cursor,
    });
    return body.has_more;
  }

  async #request<Data>(method: string, path: string, sent?: object, key?: string) {
    const { api, userId, token } = this.#options;
    const send = this.#options.fetch ?? fetch;
    const headers = {
      authorization: `Bearer ${await token()}`,
      ...(sent && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    };
    const url = `${api}/api/v1/users/${encodeURIComponent(userId)}${path}`;
    const answer = await send(url, { method, headers, ...(sent && { body: JSON.stringify(sent) }) }).then(
      async (response) => ({ status: response.status, body: (await response.json()) as Body<Data> }),
      () => null,
    );
    if (answer === null || answer.status === 429 || answer.status >= 500) throw new TryLaterError();
    if (answer.body.error_code === 'IDEMPOTENCY_IN_FLIGHT') throw new TryLaterError();
    if (answer.status === 401 || answer.status === 403) throw new Error(answer.body.detail);
    return answer;
  }
}
