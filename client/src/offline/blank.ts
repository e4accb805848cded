import type { Item, QueuedWrite } from './types.ts';

const positioned = { position: '' };
const empty = (names: string): Item => Object.fromEntries(names.split(' ').map((name) => [name, null]));

/** The fields of an item that was created here, until the server has its own. */
const blanks: Record<QueuedWrite['noun'], Item> = {
  task: {
    ...empty('description completed_at due_date due_time time_zone due_at start_date recurrence occurrence'),
    ...empty('project_id section_id parent_id progress'),
    completed: false,
    priority: 'Medium',
    recurrence_from: 'due',
    excluded_dates: [],
    tags: [],
    reminder_count: 0,
    ...positioned,
  },
  project: { ...empty('color archived_at view_defaults'), archived: false, ...positioned },
  section: { ...positioned },
  view: { ...positioned },
  reminder: empty('relative_to minutes_before remind_at channels snoozed_until next_at fired_at'),
};

/** After all positions of the server, which have letters and digits only. */
export const lastPosition = (order: string): string => `~${order}`;

/** When the user wrote it. */
export const timeOf = ({ order }: Pick<QueuedWrite, 'order'>): string =>
  new Date(Number(order.split('-')[0])).toISOString();

export function blankItem(write: QueuedWrite): Item {
  const { noun, id, order, fields } = write;
  const at = timeOf(write);
  const blank = { ...blanks[noun], id, user_id: '', version: 0, created_at: at, updated_at: at };
  return {
    ...blank,
    ...('position' in blank && { position: lastPosition(order) }),
    ...fields,
    // The first occurrence is the date that the rule starts at.
    ...(noun === 'task' && Boolean(fields.recurrence) && { occurrence: fields.due_date ?? null }),
  };
}
