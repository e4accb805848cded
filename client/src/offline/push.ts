import type { Duly } from '../client.ts';
import { DulyError } from '../errors.ts';
import { randomId } from '../random-id.ts';
import { countFault, isFault } from './faults.ts';
import { changedFields, contestsDeletion, filterFields, isEqual, isItem, mergeUpdate } from './merge.ts';
import { sendWrite } from './send.ts';
import { idKey, itemKey, queueKey, type State, trashKey } from './state.ts';
import { changesOfDeletion, changesOfItem } from './trash.ts';
import type { Conflict, Item, QueuedWrite, Refusal, Resolution } from './types.ts';

export interface Hooks {
  /** Decides about fields that both sides have changed; without it, what was changed here wins. */
  onConflict?: (conflict: Conflict) => Resolution | Promise<Resolution>;
  /** Called for each write that the server refuses for good, before it is undone here. */
  onRefused?: (refusal: Refusal) => void;
}

export interface Pushing {
  duly: Duly;
  state: State;
  hooks: Hooks;
  /** Makes changes durable, then shows them. They are decided once all earlier ones are made. */
  commit(decide: () => Iterable<readonly [string, unknown]>): Promise<void>;
  /** Reads the feed to its end. */
  pull(signal: AbortSignal): Promise<void>;
}

/** The server keeps keys for a day. */
const keyLifetimeMs = 23 * 3_600_000;

/** Sends the queued writes one after the other. Each is stored as sent before, and its result before the next one. */
export async function pushQueue(pushing: Pushing, signal: AbortSignal): Promise<void> {
  const { state, commit } = pushing;
  for (let [write] = state.queue(); write !== undefined; [write] = state.queue()) {
    if (write.sent === undefined) {
      await prepare(pushing, write);
      continue;
    }
    if (write.op === 'create' && Date.now() - write.sent.at > keyLifetimeMs) {
      await pushing.pull(signal);
      const made = findCreated(state, write);
      if (made !== undefined) {
        await commit(() => changesOfResult(state, write, made));
        continue;
      }
    }
    try {
      const result = await sendWrite(pushing.duly, write, signal);
      await commit(() => changesOfResult(state, write, result));
    } catch (error) {
      if (!(error instanceof DulyError)) throw error;
      const counted = countFault(write, error);
      if (counted !== null) {
        await commit(() => [[queueKey(write), counted]]);
        throw error;
      }
      await commit(() => changesOfError(pushing, write, error));
    }
  }
}

/** Decides what is sent, on top of what the server is known to have. */
async function prepare({ state, hooks, commit }: Pushing, queued: QueuedWrite): Promise<void> {
  const id = state.resolveId(queued.id);
  const write: QueuedWrite = { ...queued, id, fields: state.resolveIds(queued.fields) };
  const theirs = state.items(write.noun).get(id) ?? write.base;
  const { fields, later } =
    theirs === undefined ? { fields: write.fields, later: [] } : await merge(state, write, theirs, hooks);
  if (fields === null) {
    await commit(() => [...later, [queueKey(write), undefined]]);
    return;
  }
  // A deletion has raised the version, and nobody changes what is in the trash.
  const hasVersion = write.op !== 'create' && write.op !== 'restore';
  const sent = { at: Date.now(), ...(hasVersion && theirs && { version: theirs.version }) };
  const prepared = { ...write, fields, ...(theirs && { base: theirs }), sent };
  await commit(() => [...later, [queueKey(write), prepared]]);
}

interface Merged {
  /** Null: nothing is left to send. */
  fields: Item | null;
  /** Changes of later writes of the item. */
  later: Entries;
}

async function merge(state: State, write: QueuedWrite, theirs: Item, hooks: Hooks): Promise<Merged> {
  if (write.op === 'delete') {
    const isMine =
      !contestsDeletion(write, theirs) || (await resolve(write, theirs, null, [], hooks)) === 'mine';
    return { fields: isMine ? write.fields : null, later: [] };
  }
  // The deletion before was not done, or another device has restored it.
  if (write.op === 'restore' && state.items(write.noun).has(write.id)) return { fields: null, later: [] };
  if (write.op !== 'update') return { fields: write.fields, later: [] };
  const later = laterWrites(state, write);
  const updates = later.filter(({ op }) => op === 'update').map((update) => state.resolveIds(update.fields));
  const waiting: Item = Object.assign({}, write.fields, ...updates);
  const { fields, contested, seen } = mergeUpdate(write, waiting, theirs);
  const resolution =
    contested.length === 0
      ? 'mine'
      : await resolve(write, theirs, { ...theirs, ...waiting }, contested, hooks);
  const isDecided = (name: string) => resolution !== 'mine' && contested.includes(name);
  const undecided = (from: Item): Item => filterFields(from, (name) => !isDecided(name));
  const merged = { ...undecided(fields), ...(typeof resolution === 'object' && resolution) };
  const adapted = later.map((one): [string, QueuedWrite] => [
    queueKey(one),
    {
      ...one,
      base: { ...one.base, ...seen },
      fields: one.op === 'update' ? undecided(one.fields) : one.fields,
    },
  ]);
  return { fields: isEmpty(merged) ? null : merged, later: isEmpty(seen) ? [] : adapted };
}

const isEmpty = (fields: Item): boolean => Object.keys(fields).length === 0;

async function resolve(
  { noun, id, base }: QueuedWrite,
  theirs: Item,
  mine: Item | null,
  fields: readonly string[],
  { onConflict }: Hooks,
): Promise<Resolution> {
  if (onConflict === undefined) return 'mine';
  // The items come from the server, and `noun` says what they are.
  return onConflict({ noun, id, base, mine, theirs, fields } as unknown as Conflict);
}

type Entries = [string, unknown][];

const laterWrites = (state: State, { order, id }: QueuedWrite): QueuedWrite[] =>
  state.queue().filter((later) => later.order !== order && state.resolveId(later.id) === id);

/** Later writes of the item then start from what this one has changed, so it is no conflict with them. */
const finished = (state: State, write: QueuedWrite, mine: Item): Entries =>
  laterWrites(state, write).map((later) => [queueKey(later), { ...later, base: { ...later.base, ...mine } }]);

function changesOfResult(state: State, write: QueuedWrite, result: Item | null): Entries {
  const { noun, op, id, base } = write;
  const done: Entries = [[queueKey(write), undefined]];
  if (result === null) return [...done, ...changesOfDeletion(state, noun, id, Date.now())];
  const item = changesOfItem(state, noun, String(result.id), result);
  if (op === 'create') return [...done, ...item, [idKey(id), result.id], ...finished(state, write, result)];
  // The server changed the version that the write names, so every difference is the write's.
  return [...done, ...item, ...finished(state, write, changedFields(base ?? {}, result))];
}

/** @throws the error, if another attempt may succeed or the user has to log in */
function changesOfError({ state, hooks }: Pushing, write: QueuedWrite, error: DulyError): Entries {
  const { noun, op, id, sent } = write;
  const done: Entries = [[queueKey(write), undefined]];
  const current = 'current' in error ? error.current : undefined;
  const again = { ...write, key: randomId(), sent: undefined };
  // Prepared again on top of the server's item. That is another request, so it needs another key.
  if (isItem(current) && current.version !== sent?.version)
    return [
      [itemKey(noun, id), current],
      [queueKey(write), again],
    ];
  // Another tab has sent it with another version, where tabs have no lock.
  if (error.code === 'IDEMPOTENCY_KEY_REUSED' && op !== 'create') return [[queueKey(write), again]];
  const isGone = error.code === 'NOT_FOUND';
  if (isGone && op === 'delete') return [...done, [itemKey(noun, id), undefined]];
  // A fault that comes here was the last one of too many.
  if (!isRefusal(error) && !isFault(error)) throw error;
  // Nothing is left that later writes of a missing item could change.
  const isLost = isGone || op === 'create';
  const refused = isLost ? state.queue().filter((one) => state.resolveId(one.id) === id) : [write];
  for (const one of refused)
    hooks.onRefused?.({ noun: one.noun, op: one.op, id: one.id, fields: one.fields, error });
  return [
    ...refused.map((one): [string, unknown] => [queueKey(one), undefined]),
    // It is in no trash any more.
    ...(isGone && op === 'restore' ? [[trashKey(noun, id), undefined] satisfies [string, unknown]] : []),
  ];
}

const temporary = /^(401|403|408|425|429)$/;

/** Whether the server refused the write for good. A 4xx page of a proxy (`UNEXPECTED_RESPONSE`) is no refusal. */
const isRefusal = ({ status, code }: DulyError): boolean =>
  status >= 400 &&
  status < 500 &&
  !temporary.test(String(status)) &&
  code !== 'UNEXPECTED_RESPONSE' &&
  code !== 'IDEMPOTENCY_IN_FLIGHT';

/** The clocks may differ by so much. */
const clockToleranceMs = 3_600_000;

/** The item that a creation made whose answer was lost more than a day ago: a new one with the same fields. */
function findCreated(state: State, { noun, fields, sent }: QueuedWrite): Item | undefined {
  const since = (sent?.at ?? 0) - clockToleranceMs;
  const isMade = (item: Item): boolean =>
    Date.parse(String(item.created_at)) >= since &&
    !state.isCreatedHere(String(item.id)) &&
    Object.entries(fields).every(([name, value]) => !(name in item) || isEqual(item[name], value));
  return [...state.items(noun).values()].find(isMade);
}
