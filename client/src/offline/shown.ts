import { blankItem, lastPosition, timeOf } from './blank.ts';
import type { State } from './state.ts';
import type { Item, QueuedWrite } from './types.ts';

/** Items of a type, and the deleted ones among them, as the user sees them. */
export interface Shown {
  items: ReadonlyMap<string, Item>;
  /** The deleted items, with `deleted_at`. */
  deleted: ReadonlyMap<string, Item>;
}

/** The items of a type while the queue is applied to them. */
interface Applied {
  items: Map<string, Item>;
  deleted: Map<string, Item>;
}

export const comparePositions = (a: Item, b: Item): number => {
  const [left, right] = [String(a.position), String(b.position)];
  if (left === right) return String(a.id) < String(b.id) ? -1 : 1;
  return left < right ? -1 : 1;
};

/** The mirror and the trash, with the queued writes applied in their order. */
export function showItems(state: State, type: string): Applied {
  const all: Applied = { items: new Map(state.items(type)), deleted: new Map(state.trash(type)) };
  for (const write of state.queue()) {
    const resolved = { ...write, id: state.resolveId(write.id), fields: state.resolveIds(write.fields) };
    if (write.noun === type) applyWrite(all, resolved);
    if (write.op === 'delete') applyDeletion(all, type, resolved);
    if (write.op === 'restore') applyRestore(all, type, resolved);
  }
  const [first] = all.items.values();
  if (first === undefined || !('position' in first)) return all;
  return { ...all, items: new Map([...all.items].sort(([, a], [, b]) => comparePositions(a, b))) };
}

function applyWrite(all: Applied, write: QueuedWrite): void {
  const { op, id, fields } = write;
  const { items } = all;
  if (op === 'create') {
    const item = blankItem(write);
    const parent = items.get(String(item.parent_id));
    // A subtask is where its parent is.
    const placement = parent && { project_id: parent.project_id, section_id: parent.section_id };
    items.set(id, { ...item, ...placement });
    return;
  }
  const item = items.get(id);
  if (item === undefined) return;
  if (op === 'update') items.set(id, { ...item, ...fields, ...occurrenceOf(item) });
  else if (op === 'move') items.set(id, movedItem(items, item, write));
  else if (op === 'delete') {
    remove(all, id, item, write);
    if (write.noun === 'task') applyToChildren(all, item, write);
  }
  // The server knows the next occurrence, so nothing is shown of a skip or an undo before.
}

function remove({ items, deleted }: Applied, id: string, item: Item, write: QueuedWrite): void {
  items.delete(id);
  deleted.set(id, { ...item, deleted_at: timeOf(write) });
}

/** A write names it, and does not set it. */
const occurrenceOf = (item: Item): Item => ('occurrence' in item ? { occurrence: item.occurrence } : {});

function applyToChildren(all: Applied, { id, parent_id }: Item, write: QueuedWrite): void {
  const { children = 'keep' } = write.fields;
  for (const [childId, child] of all.items) {
    if (child.parent_id !== id) continue;
    if (children === 'delete') {
      remove(all, childId, child, write);
      applyToChildren(all, child, write);
    } else {
      const completed = children === 'complete' || child.completed;
      all.items.set(childId, { ...child, parent_id, completed });
    }
  }
}

/** What the deletion of a project or a section does to what is in it. */
function applyDeletion(all: Applied, type: string, write: QueuedWrite): void {
  const { noun, id, fields } = write;
  if (noun !== 'project' && noun !== 'section') return;
  for (const [childId, child] of all.items) {
    if (child[`${noun}_id`] !== id) continue;
    const isGone = noun === 'project' && (type === 'section' || fields.tasks === 'trash');
    if (isGone) remove(all, childId, child, write);
    else if (type === 'task')
      all.items.set(childId, { ...child, section_id: null, ...(noun === 'project' && { project_id: null }) });
  }
}

/** An item that is restored, and what was deleted with it: that is in it, and was not in the trash before it. */
function applyRestore(
  all: Applied,
  type: string,
  { noun, id, base = {} }: Pick<QueuedWrite, 'noun' | 'id' | 'base'>,
): void {
  const known = all.deleted.get(id) ?? base;
  if (noun === type && !all.items.has(id)) restore(all, id, known);
  for (const [childId, child] of all.deleted) {
    const isInIt =
      (noun === 'task' && type === 'task' && child.parent_id === id) ||
      (noun === 'project' && child.project_id === id);
    if (!isInIt || String(child.deleted_at) < String(base.deleted_at)) continue;
    restore(all, childId, child);
    if (type === 'task') applyRestore(all, type, { noun: 'task', id: childId, base });
  }
}

function restore({ items, deleted }: Applied, id: string, { deleted_at: _, ...item }: Item): void {
  deleted.delete(id);
  items.set(id, { ...item, id });
}

/** Directly after a position. The server's have no such character. */
const directlyAfter = (position: unknown): string => `${position}\u0001`;

function movedItem(items: Applied['items'], item: Item, { fields, order }: QueuedWrite): Item {
  const { after, before, ...placement } = fields;
  const moved = { ...item, ...placement };
  if (typeof after === 'string')
    return { ...moved, position: directlyAfter(items.get(after)?.position ?? '') };
  if (after === null) return { ...moved, position: '' };
  if (before === null) return { ...moved, position: lastPosition(order) };
  const next = items.get(String(before));
  if (next === undefined) return moved;
  const isSibling = (one: Item) =>
    ['project_id', 'section_id', 'parent_id'].every((name) => one[name] === next[name]);
  const earlier = [...items.values()].filter(
    (one) => one.id !== item.id && isSibling(one) && comparePositions(one, next) < 0,
  );
  const previous = earlier.sort(comparePositions).at(-1);
  return { ...moved, position: previous === undefined ? '' : directlyAfter(previous.position) };
}
