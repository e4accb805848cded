import { limitExceeded } from './errors.ts';

/**
 * How much a user may have. Beyond it a request is answered with 409 LIMIT_EXCEEDED. API.md and
 * `docs/operations/limits.md` have the same table.
 */
export const dataLimits = {
  projects: { max: 500, of: 'projects' },
  sections: { max: 100, of: 'sections in a project' },
  views: { max: 100, of: 'saved views' },
  emailChannels: { max: 1, of: 'email channel' },
  webhookChannels: { max: 5, of: 'webhooks' },
  pushChannels: { max: 10, of: 'push subscriptions' },
  subtasks: { max: 200, of: 'subtasks of a task' },
  reminders: { max: 20, of: 'reminders of a task' },
  /** A top-level task is the first level. */
  levels: { max: 5, of: 'levels of subtasks' },
  /** Subtasks on all levels below, which one request moves, completes or deletes. */
  descendants: { max: 1_000, of: 'subtasks changed by one request' },
} as const;

/** @throws AppError LIMIT_EXCEEDED when the number is larger than the limit. */
export function checkLimit(limit: keyof typeof dataLimits, count: number): void {
  const { max, of } = dataLimits[limit];
  if (count > max) throw limitExceeded(max, of);
}
