import type { Task } from '@duly/client';
import type { Offline } from '@duly/client/offline';
import type { Translate } from '../i18n/i18n.tsx';
import type { Session } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';

export type TaskChange = Parameters<Offline['tasks']['update']>[1];

/** The values that a task has in the fields of a change. */
function fieldsOf(task: Task, change: TaskChange): TaskChange {
  const names = Object.keys(change) as (keyof TaskChange & keyof Task)[];
  return Object.fromEntries(names.map((name) => [name, task[name]])) as TaskChange;
}

/** A time and a rule need a date, so they go with it, and come back with it. */
const withoutOrphans = ({ due_time, recurrence }: Task, change: TaskChange): TaskChange =>
  change.due_date !== null
    ? change
    : {
        ...change,
        ...(due_time !== null && { due_time: null }),
        ...(recurrence !== null && { recurrence: null }),
      };

/** What people do with tasks: each says what it did, and how to take it back. */
export function taskActions({ offline }: Session, t: Translate) {
  /** Of a task that repeats, its day comes back. */
  const reopen = ({ id, occurrence }: Task): Promise<unknown> =>
    occurrence === null ? offline.tasks.complete(id, false) : offline.tasks.undo(id, occurrence);

  async function complete(task: Task, completed = true): Promise<void> {
    await offline.tasks.complete(task.id, completed);
    if (!completed) return announce(t('toast.reopened', { title: task.title }));
    announce(t('toast.completed', { title: task.title }), { undo: () => void reopen(task) });
  }

  /** @param tasks those that are completed already stay as they are */
  async function completeAll(tasks: readonly Task[]): Promise<void> {
    const open = tasks.filter(({ completed }) => !completed);
    if (open.length === 0) return;
    for (const { id } of open) await offline.tasks.complete(id, true);
    const undo = async () => {
      for (const task of open) await reopen(task);
    };
    announce(t('toast.completedMany', { count: open.length }), { undo: () => void undo() });
  }

  async function remove(tasks: readonly Task[]): Promise<void> {
    for (const { id } of tasks) await offline.tasks.delete(id, { children: 'delete' });
    const [first] = tasks;
    const text =
      tasks.length === 1 && first
        ? t('toast.deleted', { title: first.title })
        : t('toast.deletedMany', { count: tasks.length });
    const undo = async () => {
      for (const { id } of tasks) await offline.tasks.restore(id);
    };
    announce(text, { undo: () => void undo() });
  }

  return {
    complete,
    completeAll,
    remove,
    /** @param seen what was shown when the person began to type */
    update: (task: Task, fields: TaskChange, seen?: TaskChange) =>
      offline.tasks.update(task.id, fields, seen),
    /** Changes what may take the task out of the list that is shown, and says where it is. */
    async moveTo(task: Task, change: TaskChange, place: string): Promise<void> {
      const fields = withoutOrphans(task, change);
      const before = fieldsOf(task, fields);
      await offline.tasks.update(task.id, fields);
      announce(t('toast.movedTo', { title: task.title, place }), {
        undo: () => void offline.tasks.update(task.id, before),
      });
    },
    /** Changes several tasks; undone one by one. */
    async updateAll(tasks: readonly Task[], changeOf: (task: Task) => TaskChange): Promise<void> {
      const changes = tasks.map((task) => {
        const fields = withoutOrphans(task, changeOf(task));
        return { id: task.id, fields, before: fieldsOf(task, fields) };
      });
      for (const { id, fields } of changes) await offline.tasks.update(id, fields);
      const undo = async () => {
        for (const { id, before } of changes) await offline.tasks.update(id, before);
      };
      announce(t('toast.changed', { count: tasks.length }), { undo: () => void undo() });
    },
    async skip(task: Task): Promise<void> {
      const { occurrence } = task;
      await offline.tasks.skip(task.id);
      if (occurrence !== null)
        announce(t('toast.skipped', { title: task.title }), {
          undo: () => void offline.tasks.undo(task.id, occurrence),
        });
    },
  };
}

export type TaskActions = ReturnType<typeof taskActions>;
