import type { Task } from '@duly/client';
import type { Collections } from '@duly/client/offline';
import type { AccountPage, Route } from '../routing/routes.ts';
import { addDays, type Day } from './days.ts';
import {
  type Clock,
  contains,
  type Filter,
  fold,
  isDeferred,
  isOverdue,
  matches,
  orderOf,
} from './filter.ts';
import { byUrgency, newestCompletionFirst } from './order.ts';

/** A part of a list with a heading of its own. */
export interface Group {
  /** Of a section, its key (`keyOf`). */
  key: string;
  /** What its heading is about; none: no heading. */
  heading?: { kind: 'overdue' } | { kind: 'day'; day: Day } | { kind: 'section'; id: string; name: string };
  tasks: readonly Task[];
  /** What a task gets that is added here, or moved here. */
  fields: Placement;
}

export interface Placement {
  due_date?: Day;
  project_id?: string;
  section_id?: string;
  tags?: string[];
}

export interface List {
  groups: readonly Group[];
  /** In the manual order, which a person can change. */
  isManual: boolean;
  /** What a task gets that is added to the list. */
  fields: Placement;
}

export type ListRoute = Exclude<Route, { name: 'charts' | 'trash' | 'settings' | 'admin' | AccountPage }>;

/** Days of Upcoming that are shown with and without tasks. */
const upcomingDays = 7;

const open = (tasks: readonly Task[]) => tasks.filter(({ completed }) => !completed);

/** Tasks that lists show: those of archived projects are in their project only. */
function current({ tasks, projects }: Collections): readonly Task[] {
  const archived = new Set(
    projects
      .all()
      .filter((project) => project.archived)
      .map(({ id }) => id),
  );
  return tasks.all().filter(({ project_id }) => project_id === null || !archived.has(project_id));
}

function todayList(collections: Collections, clock: Clock): List {
  const tasks = open(current(collections)).filter((task) => !isDeferred(task, clock));
  const due = tasks.filter(({ due_date }) => due_date !== null && due_date <= clock.today).sort(byUrgency);
  const overdue = due.filter(({ due_date }) => due_date !== null && due_date < clock.today);
  const today = due.filter(({ due_date }) => due_date === clock.today);
  const fields = { due_date: clock.today };
  return {
    isManual: false,
    fields,
    groups: [
      ...(overdue.length > 0
        ? [{ key: 'overdue', heading: { kind: 'overdue' } as const, tasks: overdue, fields }]
        : []),
      {
        key: 'today',
        ...(overdue.length > 0 && { heading: { kind: 'day', day: clock.today } as const }),
        tasks: today,
        fields,
      },
    ],
  };
}

function upcomingList(collections: Collections, clock: Clock): List {
  const tasks = open(current(collections)).filter(
    (task) => task.due_date !== null && task.due_date >= clock.today,
  );
  const days = Map.groupBy(tasks.sort(byUrgency), ({ due_date }) => String(due_date));
  for (let count = 0; count < upcomingDays; count++) {
    const day = addDays(clock.today, count);
    if (!days.has(day)) days.set(day, []);
  }
  return {
    isManual: false,
    fields: { due_date: addDays(clock.today, 1) },
    groups: [...days.keys()].sort().map((day) => ({
      key: day,
      heading: { kind: 'day', day },
      tasks: days.get(day) ?? [],
      fields: { due_date: day },
    })),
  };
}

/** `all()` has the manual order already. */
function projectList(
  { tasks, projects, sections }: Collections,
  wanted: string,
  showCompleted: boolean,
): List {
  // The URL of a new project has the id that it had before the server knew it.
  const id = projects.get(wanted)?.id ?? wanted;
  const own = tasks
    .all()
    .filter(
      (task) => task.project_id === id && task.parent_id === null && (showCompleted || !task.completed),
    );
  const fields = { project_id: id };
  const parts = sections.all().filter(({ project_id }) => project_id === id);
  return {
    isManual: true,
    fields,
    groups: [
      { key: 'top', tasks: own.filter(({ section_id }) => section_id === null), fields },
      ...parts.map((section) => ({
        key: sections.keyOf(section.id),
        heading: { kind: 'section', id: section.id, name: section.name } as const,
        tasks: own.filter(({ section_id }) => section_id === section.id),
        fields: { ...fields, section_id: section.id },
      })),
    ],
  };
}

function inboxList({ tasks }: Collections, showCompleted: boolean): List {
  const own = tasks
    .all()
    .filter(
      (task) => task.project_id === null && task.parent_id === null && (showCompleted || !task.completed),
    );
  return { isManual: true, fields: {}, groups: [{ key: 'top', tasks: own, fields: {} }] };
}

const flat = (tasks: readonly Task[], fields: Placement = {}): List => ({
  isManual: false,
  fields,
  groups: [{ key: 'all', tasks, fields }],
});

function searchList(collections: Collections, text: string): List {
  const folded = fold(text.trim());
  if (folded === '') return flat([]);
  const found = current(collections).filter((task) => contains(task, folded));
  return flat(found.sort((a, b) => Number(a.completed) - Number(b.completed) || byUrgency(a, b)));
}

/** What a saved view gives a task that is added to it. */
const fieldsOf = ({ project_id, tags, due }: Filter, { today }: Clock): Placement => ({
  ...(project_id !== undefined && project_id !== 'none' && { project_id }),
  ...(tags !== undefined && { tags }),
  ...(due === 'today' && { due_date: today }),
  ...(due === 'tomorrow' && { due_date: addDays(today, 1) }),
});

function viewList(collections: Collections, id: string, clock: Clock): List {
  const filter = collections.views.get(id)?.parameters;
  if (filter === undefined) return flat([]);
  const tasks = current(collections).filter((task) => matches(task, filter, clock));
  return flat(tasks.sort(orderOf(filter)), fieldsOf(filter, clock));
}

/** The tasks that a URL shows, out of the mirror and the queue: at once and without a network. */
export function listOf(
  collections: Collections,
  route: ListRoute,
  clock: Clock,
  showCompleted: boolean,
): List {
  if (route.name === 'today') return todayList(collections, clock);
  if (route.name === 'upcoming') return upcomingList(collections, clock);
  if (route.name === 'inbox') return inboxList(collections, showCompleted);
  if (route.name === 'project') return projectList(collections, route.id, showCompleted);
  if (route.name === 'view') return viewList(collections, route.id, clock);
  if (route.name === 'search') return searchList(collections, route.text);
  if (route.name === 'completed')
    return flat(
      current(collections)
        .filter(({ completed }) => completed)
        .sort(newestCompletionFirst),
    );
  const tagged = current(collections).filter(
    ({ tags, completed }) => tags.includes(route.id) && (showCompleted || !completed),
  );
  return flat(tagged.sort(byUrgency), { tags: [route.id] });
}

/** How many open tasks the fixed lists have, for the sidebar. */
export function countOpen(collections: Collections, clock: Clock) {
  const tasks = open(current(collections));
  const byProject = new Map<string, number>();
  const byTag = new Map<string, number>();
  for (const { tags } of tasks) for (const tag of tags) byTag.set(tag, (byTag.get(tag) ?? 0) + 1);
  for (const { project_id, parent_id } of tasks)
    if (project_id !== null && parent_id === null)
      byProject.set(project_id, (byProject.get(project_id) ?? 0) + 1);
  return {
    inbox: tasks.filter(({ project_id, parent_id }) => project_id === null && parent_id === null).length,
    today: tasks.filter(
      (task) => task.due_date !== null && task.due_date <= clock.today && !isDeferred(task, clock),
    ).length,
    overdue: tasks.filter((task) => isOverdue(task, clock)).length,
    byProject,
    byTag,
  };
}
