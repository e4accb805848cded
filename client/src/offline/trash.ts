import type { ChangesPage } from '../changes.ts';
import { itemKey, type State, trashKey } from './state.ts';
import type { Item } from './types.ts';

type Entries = [string, unknown][];

/** As long as the server keeps it, unless its operator has chosen another time. */
const keptMs = 30 * 86_400_000;
const trashed = new Set(['task', 'project', 'section', 'view']);

/** The changes that give the mirror an item, which is in no trash then. */
export const changesOfItem = (state: State, type: string, id: string, item: unknown): Entries => [
  [itemKey(type, id), item],
  ...(state.trash(type).has(id) ? [[trashKey(type, id), undefined] satisfies [string, unknown]] : []),
];

/** The changes that take an item out of the mirror. What was there is then in the trash. */
export function changesOfDeletion(state: State, type: string, id: string, now: number): Entries {
  const item = state.items(type).get(id);
  const gone: Entries = [[itemKey(type, id), undefined]];
  if (item !== undefined && trashed.has(type))
    gone.push([trashKey(type, id), { ...item, deleted_at: new Date(now).toISOString() }]);
  return gone;
}

/** The changes of mirror, trash and cursor that a page of the feed makes. */
export function changesOfPage(state: State, { changes, cursor, isReset }: ChangesPage): Entries {
  const now = Date.now();
  const items = changes.flatMap(({ type, id, op, ...rest }) => {
    const parts: Item = { ...rest };
    return op === 'delete'
      ? changesOfDeletion(state, type, id, now)
      : changesOfItem(state, type, id, parts[type]);
  });
  return [...(isReset ? state.emptyMirror() : changesOfTime(state, now)), ...items, state.atCursor(cursor)];
}

/** The changes that forget what the server has removed for good by now. */
const changesOfTime = (state: State, now: number): Entries =>
  [...trashed].flatMap((type) =>
    [...state.trash(type)]
      .filter(([, { deleted_at }]) => Date.parse(String(deleted_at)) < now - keptMs)
      .map(([id]): [string, unknown] => [trashKey(type, id), undefined]),
  );

/** The changes that make the trash of a noun what the server's is. */
export const changesOfTrash = (state: State, type: string, items: readonly Item[]): Entries => [
  ...[...state.trash(type).keys()].map((id): [string, unknown] => [trashKey(type, id), undefined]),
  ...items.map((item): [string, unknown] => [trashKey(type, String(item.id)), item]),
];
