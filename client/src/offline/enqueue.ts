import { randomId } from '../random-id.ts';
import { filterFields, isEqual } from './merge.ts';
import type { ShownState } from './shown-state.ts';
import type { State } from './state.ts';
import type { Item, QueuedWrite, WritableNoun, WriteOperation } from './types.ts';

/** Makes entries of the queue. */
export function createWriter(state: State, shown: ShownState) {
  let lastTime = 0;

  /** After all others, whatever the clock says. */
  function nextOrder(): string {
    const newest = Number(state.queue().at(-1)?.order.split('-')[0] ?? 0);
    lastTime = Math.max(Date.now(), newest + 1, lastTime + 1);
    return `${String(lastTime).padStart(15, '0')}-${randomId()}`;
  }

  /** The fields whose values differ from what is shown now. */
  function differing(noun: WritableNoun, id: string, fields: Item): Item {
    const item = shown.items(noun).get(state.resolveId(id)) ?? {};
    const resolved = state.resolveIds(fields);
    return filterFields(fields, (name) => name === 'occurrence' || !isEqual(resolved[name], item[name]));
  }

  /**
   * What the user did not change is no part of an update: it may be changed by others. What was changed since the user
   * saw it is contested, as if the update had been made then.
   * @param seen the values that the user saw, if they may be older than what is shown now
   * @returns null for an update that changes nothing, and for a restore of what is not in the trash
   */
  return (
    noun: WritableNoun,
    op: WriteOperation,
    id: string,
    given: Item,
    seen: Item = {},
  ): QueuedWrite | null => {
    if (op === 'restore') {
      const deleted = shown.deleted(noun).get(state.resolveId(id));
      return deleted
        ? { order: nextOrder(), key: randomId(), noun, op, id, fields: {}, base: deleted }
        : null;
    }
    const fields = op === 'update' ? differing(noun, id, given) : given;
    if (op === 'update' && Object.keys(fields).every((name) => name === 'occurrence')) return null;
    const stored = state.items(noun).get(state.resolveId(id));
    const base = stored && { ...stored, ...differing(noun, id, state.resolveIds(seen)) };
    return { order: nextOrder(), key: randomId(), noun, op, id, fields, ...(base && { base }) };
  };
}
