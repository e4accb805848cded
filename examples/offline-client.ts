/**
 * An offline-first client of Duly in one file, for any place that has `fetch`: a browser, a phone, Node.
 *
 * It keeps a mirror of the server's tasks and an outbox of what the user did. What is shown is the mirror with the
 * outbox on top, so the app is the same with and without a network. Three things of the API make that safe: an
 * Idempotency-Key with every write (sent twice, done once), `version` (nobody's change is overwritten unseen) and the
 * change feed (nothing is missed, whatever happened meanwhile).
 */

export interface Task {
  id: string;
  title: string;
  description: string | null;
  completed: boolean;
  priority: 'High' | 'Medium' | 'Low';
  due_date: string | null;
  tags: string[];
  version: number;
}

export type Fields = Partial<Omit<Task, 'id' | 'version'>>;

/** One thing the user did. `key` makes it safe to send again; `base` is the task it was done to. */
export interface Entry {
  key: string;
  op: 'create' | 'update' | 'delete';
  id: string;
  fields: Fields;
  base: Task;
}

/** All there is to keep: stored as one value, so that a crash leaves the one before or this one. */
export interface State {
  tasks: Record<string, Task>;
  outbox: Entry[];
  /** What tasks that were made offline are called by the server. */
  ids: Record<string, string>;
  cursor: string | null;
}

export interface Options {
  /** Such as `https://duly.example.com`. */
  api: string;
  userId: string;
  token: () => Promise<string>;
  /** What `save` was last called with; null the first time. */
  load: () => Promise<State | null>;
  save: (state: State) => Promise<void>;
  /**
   * Both sides changed this field: which value is to stay? Without it, the one of this device. A task that is to be
   * deleted here and was changed there is asked for as the field `deleted`.
   */
  resolve?: (field: string, mine: unknown, theirs: unknown) => unknown;
  /** The server will never take this entry; it is dropped. */
  refused?: (entry: Entry, reason: string) => void;
  fetch?: typeof fetch;
}

interface Change {
  type: string;
  id: string;
  op: 'upsert' | 'delete';
  task?: Task;
}

/** What answers say, as far as this client reads them. */
interface Body<Data> {
  data: Data;
  next_cursor: string;
  has_more: boolean;
  detail: string;
  error_code?: string;
  current: Task;
}

/** The server cannot be reached, or wants to be left alone for a while: call `sync` again later. */
export class TryLater extends Error {}

export class OfflineClient {
  readonly #options: Options;
  #state: State;
  #syncing: Promise<void> | undefined;

  constructor(options: Options, state: State) {
    this.#options = options;
    this.#state = state;
  }

  static async open(options: Options): Promise<OfflineClient> {
    const state = (await options.load()) ?? { tasks: {}, outbox: [], ids: {}, cursor: null };
    return new OfflineClient(options, state);
  }

  /** What the user sees. */
  view(): Map<string, Task> {
    const shown = new Map(Object.entries(this.#state.tasks));
    for (const { op, id, fields, base } of this.#state.outbox) {
      const task = op === 'create' ? base : shown.get(id);
      if (op === 'delete') shown.delete(id);
      else if (task !== undefined) shown.set(id, { ...task, ...fields });
    }
    return shown;
  }

  /** How much waits to be sent. */
  pending = (): number => this.#state.outbox.length;

  /** @returns an id that stays good for `edit` and `remove`, though the server will call the task something else. */
  async create(fields: Fields & { title: string }): Promise<string> {
    const id = crypto.randomUUID();
    const blank = {
      description: null,
      completed: false,
      priority: 'Medium' as const,
      due_date: null,
      tags: [],
    };
    await this.#add('create', id, fields, { ...blank, ...fields, id, version: 1 });
    return id;
  }

  edit = (id: string, fields: Fields) => this.#change('update', id, fields);

  remove = (id: string) => this.#change('delete', id, {});

  /** Sends what is waiting, then hears what is new. @throws TryLater; what was done until then is kept. */
  sync(): Promise<void> {
    this.#syncing ??= this.#exchange().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** Resolves when the server has news, or after half a minute; then it is time to `sync`. @throws TryLater */
  async news(): Promise<void> {
    await this.#request('GET', `/changes?limit=1&wait=30${this.#since()}`);
  }

  async #exchange(): Promise<void> {
    for (let [entry] = this.#state.outbox; entry !== undefined; [entry] = this.#state.outbox)
      await this.#push(entry);
    while (await this.#pull());
  }

  async #change(op: 'update' | 'delete', id: string, fields: Fields): Promise<void> {
    const task = this.view().get(this.#state.ids[id] ?? id);
    if (task !== undefined) await this.#add(op, task.id, fields, task);
  }

  #add = (op: Entry['op'], id: string, fields: Fields, base: Task) =>
    this.#save({ outbox: [...this.#state.outbox, { key: crypto.randomUUID(), op, id, fields, base }] });

  #save(change: Partial<State>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    return this.#options.save(this.#state);
  }

  #since = () => (this.#state.cursor === null ? '' : `&since=${encodeURIComponent(this.#state.cursor)}`);

  /**
   * Sends one entry. What has become of it is saved before the next one is sent; until then it is sent again as it is.
   */
  async #push(entry: Entry): Promise<void> {
    const { op, id, key, fields, base } = entry;
    const { status, body } = await (op === 'create'
      ? this.#request<Task>('POST', '/tasks', fields, key)
      : op === 'delete'
        ? this.#request<Task>('DELETE', `/tasks/${id}`, { version: base.version }, key)
        : this.#request<Task>('PATCH', `/tasks/${id}`, { ...fields, version: base.version }, key));
    // As they are now: the user went on meanwhile.
    const rest = this.#state.outbox.slice(1);
    const { [id]: _, ...others } = this.#state.tasks;
    if (status === 409) {
      const tasks = { ...others, [id]: body.current };
      const isKept = op === 'update' || this.#decide('deleted', true, false) === true;
      // Sent anew, based on what the server has now: another write, and so another key.
      const retried = { ...entry, key: crypto.randomUUID(), fields: this.#merge(entry, body.current) };
      await this.#save({ outbox: isKept ? [{ ...retried, base: body.current }, ...rest] : rest, tasks });
    } else if ((op === 'create' && status === 201) || (op === 'update' && status === 200)) {
      const task = body.data;
      // Whatever waits for the same task is based on what this made of it.
      const outbox = rest.map((later) => (later.id === id ? { ...later, id: task.id, base: task } : later));
      const ids = op === 'create' ? { ...this.#state.ids, [id]: task.id } : this.#state.ids;
      await this.#save({ outbox, ids, tasks: { ...others, [task.id]: task } });
    } else {
      const isDeleted = op === 'delete' && (status === 200 || status === 404);
      if (!isDeleted) this.#options.refused?.(entry, body.detail);
      // Nothing that waits for a task that is not there has anything to change. Refused otherwise, only this goes.
      const isGone = isDeleted || status === 404 || op === 'create';
      const outbox = isGone ? rest.filter((later) => later.id !== id) : rest;
      await this.#save({ outbox, ...(isGone ? { tasks: others } : {}) });
    }
  }

  /** Without `resolve`, this device is right. */
  #decide(field: string, mine: unknown, theirs: unknown): unknown {
    const { resolve } = this.#options;
    return resolve === undefined ? mine : resolve(field, mine, theirs);
  }

  /** Fields that only one side changed stay as that side has them; about the others the app decides. */
  #merge({ fields, base }: Entry, current: Task): Fields {
    const theirs: Record<string, unknown> = { ...current };
    const common: Record<string, unknown> = { ...base };
    const merged = Object.entries(fields).map(([field, mine]) => {
      const isContested = JSON.stringify(theirs[field]) !== JSON.stringify(common[field]);
      return [field, isContested ? this.#decide(field, mine, theirs[field]) : mine];
    });
    return Object.fromEntries(merged);
  }

  /** Applies one page of the change feed. @returns whether there are more. */
  async #pull(): Promise<boolean> {
    const { status, body } = await this.#request<Change[]>('GET', `/changes?limit=100${this.#since()}`);
    if (status === 410) {
      // Away for months: what was deleted meanwhile is no longer known. The outbox stays.
      await this.#save({ tasks: {}, cursor: null });
      return true;
    }
    const tasks = { ...this.#state.tasks };
    for (const { type, op, id, task } of body.data) {
      if (type !== 'task') continue;
      if (op === 'upsert' && task !== undefined) tasks[id] = task;
      else delete tasks[id];
    }
    // Together: a page is applied and behind us, or neither.
    await this.#save({ tasks, cursor: body.next_cursor });
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
    if (answer === null || answer.status === 429 || answer.status >= 500) throw new TryLater();
    if (answer.body.error_code === 'IDEMPOTENCY_IN_FLIGHT') throw new TryLater();
    if (answer.status === 401 || answer.status === 403) throw new Error(answer.body.detail);
    return answer;
  }
}
