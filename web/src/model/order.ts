import type { Task } from '@duly/client';

const priorityOrder = { High: 0, Medium: 1, Low: 2 };
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type Compare = (a: Task, b: Task) => number;

/** The manual order, as the server has it. */
export const byPosition: Compare = (a, b) => compareText(a.position, b.position) || compareText(a.id, b.id);

/** Those without a date, or without a time on their day, last. */
export const byDue: Compare = (a, b) =>
  compareText(a.due_date ?? '9', b.due_date ?? '9') || compareText(a.due_time ?? '9', b.due_time ?? '9');

export const byPriority: Compare = (a, b) => priorityOrder[a.priority] - priorityOrder[b.priority];
export const byTitle: Compare = (a, b) => a.title.localeCompare(b.title);
export const byCreation: Compare = (a, b) => compareText(a.created_at, b.created_at);
export const byUpdate: Compare = (a, b) => compareText(a.updated_at, b.updated_at);
export const newestCompletionFirst: Compare = (a, b) =>
  compareText(b.completed_at ?? '', a.completed_at ?? '');

export const inOrder =
  (...orders: readonly Compare[]): Compare =>
  (a, b) => {
    for (const compare of orders) {
      const result = compare(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };

export const byUrgency = inOrder(byDue, byPriority, byPosition);
