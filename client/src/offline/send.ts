import type { Duly } from '../client.ts';
import { isItem } from './merge.ts';
import type { Item, QueuedWrite } from './types.ts';

const groups = {
  task: 'tasks',
  project: 'projects',
  section: 'sections',
  view: 'views',
  reminder: 'reminders',
} as const;

type Method = (...args: unknown[]) => Promise<unknown>;

/** The field that is a part of the path. */
const parentField = ({ noun, op }: QueuedWrite): string => {
  if (noun === 'reminder') return 'task_id';
  return noun === 'section' && op === 'create' ? 'project_id' : '';
};

/** Calls the method of the client that a queued write is for. @returns the item; null for a deletion */
export async function sendWrite(duly: Duly, write: QueuedWrite, signal: AbortSignal): Promise<Item | null> {
  const { noun, op, id, key, base, sent } = write;
  // `QueuedWrite` says which operations there are. Their arguments are the ids of the path, then the input.
  const method = (duly[groups[noun]] as unknown as Record<string, Method>)[op];
  if (method === undefined) throw new Error(`${noun} has no ${op}`);
  const field = parentField(write);
  const { [field]: parent = base?.[field], ...fields } = write.fields;
  const path = [...(field === '' ? [] : [parent]), ...(op === 'create' ? [] : [id])];
  const input = { ...fields, ...(sent?.version !== undefined && { version: sent.version }) };
  const result = await method(...path, input, { idempotencyKey: key, signal });
  return isItem(result) ? result : null;
}
