import { blankItem, lastPosition } from './blank.ts';
import type { State } from './state.ts';
import type { Item, QueuedWrite } from './types.ts';

type Shown = Map<string, Item>;

export const comparePositions = (a: Item, b: Item): number => {
  const [left, right] = [String(a.position), String(b.position)];
  if (left === right) return String(a.id) < String(b.id) ? -1 : 1;
  return left < right ? -1 : 1;
};

/** Items of a type as the user sees them: the mirror, with the queued writes applied in their order. */
export function shownItems(state: State, type: string): ReadonlyMap<string, Item> {
  const items: Shown = new Map(state.items(type));
  for (const write of state.queue()) {
    const resolved = { ...write, id: state.resolveId(write.id), fields: state.resolveIds(write.fields) };
    if (write.noun === type) applyWrite(items, resolved);
    if (write.op === 'delete') applyDeletion(items, type, resolved);
  }
  const [first] = items.values();
  if (first === undefined || !('position' in first)) return items;
  return new Map([...items].sort(([, a], [, b]) => comparePositions(a, b)));
}

function applyWrite(items: Shown, write: QueuedWrite): void {
  const { op, id, fields } = write;
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
    items.delete(id);
    if (write.noun === 'task') applyToChildren(items, item, fields.children ?? 'keep');
  }
  // The server knows the next occurrence, so nothing is shown of a skip or an undo before.
}

/** A write names it, and does not set it. */
const occurrenceOf = (item: Item): Item => ('occurrence' in item ? { occurrence: item.occurrence } : {});

function applyToChildren(items: Shown, { id, parent_id }: Item, children: unknown): void {
  for (const [childId, child] of items) {
    if (child.parent_id !== id) continue;
    if (children === 'delete') {
      items.delete(childId);
      applyToChildren(items, child, children);
    } else {
      const completed = children === 'complete' || child.completed;
      items.set(childId, { ...child, parent_id, completed });
    }
  }
}

/** What the deletion of a project or a section does to what is in it. */
function applyDeletion(items: Shown, type: string, { noun, id, fields }: QueuedWrite): void {
  if (noun !== 'project' && noun !== 'section') return;
  for (const [childId, child] of items) {
    if (child[`${noun}_id`] !== id) continue;
    const isGone = noun === 'project' && (type === 'section' || fields.tasks === 'trash');
    if (isGone) items.delete(childId);
    else if (type === 'task')
      items.set(childId, { ...child, section_id: null, ...(noun === 'project' && { project_id: null }) });
  }
}

/** Directly after a position. The server's have no such character. */
const directlyAfter = (position: unknown): string => `${position}\u0001`;

function movedItem(items: Shown, item: Item, { fields, order }: QueuedWrite): Item {
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
