import type { Task } from '../../../../client/src/index.ts';

/** What the sides change, and what is compared. */
export const fieldNames = ['title', 'description', 'priority', 'due_date', 'completed'] as const;
export type FieldName = (typeof fieldNames)[number];
export type Fields = Pick<Task, FieldName>;

/** What a side has done to a task, or the fields of a task that it has added. */
export type Edit = Partial<Fields> | 'deleted';

export const fieldsOf = (task: Fields): Fields => {
  const { title, description, priority, due_date, completed } = task;
  return { title, description, priority, due_date, completed };
};

/** Titles begin with the name of their task, which is followed by `!` and `?`. */
export const nameOf = (title: string): string => title.replace(/[!?]+$/, '');

/** As the command line prints them; what the devices are told is written alike. */
const asText = (value: unknown): string => (value === null ? 'nothing' : String(value));
export const conflictReport = (name: string, field: string, mine: unknown, theirs: unknown): string =>
  `${name}: ${field} kept "${asText(mine)}", elsewhere it was "${asText(theirs)}"`;
export const deletionReport = (name: string): string => `${name}: deleted here, changed elsewhere`;
export const refusalReport = (name: string): string => `${name}: refused, for it is gone`;

export interface Told {
  side: number;
  /** Exactly these, if each write of the side was sent once. */
  certain: string[];
  /** Besides, if a write had to be sent again because others came between: about what they had written before. */
  possible: string[];
}

const changed = (from: Fields, to: Partial<Fields>): FieldName[] =>
  fieldNames.filter((name) => to[name] !== undefined && to[name] !== from[name]);

/**
 * What becomes of a task when sides that have all started from `base` come back one after the other.
 * @param edits of the sides, in the order in which they come back
 */
export function outcomeOf(base: Fields, edits: readonly { side: number; edit: Edit | undefined }[]) {
  /** The task after each side; null: deleted. */
  const states: (Fields | null)[] = [base];
  const told: Told[] = [];
  const name = nameOf(base.title);
  const conflicts = (edit: Edit, state: Fields | null): string[] => {
    if (state === null) return [];
    if (edit === 'deleted') return changed(base, state).length > 0 ? [deletionReport(name)] : [];
    const contested = changed(base, state).filter(
      (field) => edit[field] !== undefined && edit[field] !== state[field],
    );
    return contested.map((field) => conflictReport(name, field, edit[field], state[field]));
  };
  for (const { side, edit } of edits) {
    const state = states.at(-1) ?? null;
    if (edit === undefined || (edit !== 'deleted' && Object.keys(edit).length === 0)) continue;
    const isRefused = state === null && edit !== 'deleted';
    told.push({
      side,
      certain: isRefused ? [refusalReport(name)] : conflicts(edit, state),
      possible: states.flatMap((earlier) => conflicts(edit, earlier)),
    });
    states.push(state === null || edit === 'deleted' ? null : { ...state, ...edit });
  }
  return { state: states.at(-1) ?? null, told };
}

/** All orders of some items. */
export const ordersOf = <T>(items: readonly T[]): T[][] =>
  items.length < 2
    ? [[...items]]
    : items.flatMap((first) =>
        ordersOf(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
      );
