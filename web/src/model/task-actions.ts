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

/** What people do with tasks: each says what it did, and how to take it back. */
export function taskActions({ offline }: Session, t: Translate) {
  async function complete(task: Task, completed = true): Promise<void> {
    const { occurrence } = task;
    await offline.tasks.complete(task.id, completed);
    if (!completed) return announce(t('toast.reopened', { title: task.title }));
    const undo = () =>
      occurrence === null ? offline.tasks.complete(task.id, false) : offline.tasks.undo(task.id, occurrence);
    announce(t('toast.completed', { title: task.title }), { undo: () => void undo() });
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
    remove,
    /** @param seen what was shown when the person began to type */
    update: (task: Task, fields: TaskChange, seen?: TaskChange) =>
      offline.tasks.update(task.id, fields, seen),
    /** Changes what may take the task out of the list that is shown, and says where it is. */
    async moveTo(task: Task, fields: TaskChange, place: string): Promise<void> {
      const before = fieldsOf(task, fields);
      await offline.tasks.update(task.id, fields);
      announce(t('toast.movedTo', { title: task.title, place }), {
        undo: () => void offline.tasks.update(task.id, before),
      });
    },
    /** Changes several tasks; undone one by one. */
    async updateAll(tasks: readonly Task[], fields: TaskChange): Promise<void> {
      const before = tasks.map((task) => [task.id, fieldsOf(task, fields)] as const);
      for (const { id } of tasks) await offline.tasks.update(id, fields);
      const undo = async () => {
        for (const [id, old] of before) await offline.tasks.update(id, old);
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
