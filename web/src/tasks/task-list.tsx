import type { Project, Task } from '@duly/client';
import type { Offline } from '@duly/client/offline';
import { useOffline } from '@duly/client/react';
import { Suspense, useMemo, useRef } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import type { Group, List, ListRoute } from '../model/lists.ts';
import { useStore } from '../model/store.ts';
import { setParam, useParam } from '../routing/router.tsx';
import { useSession } from '../session/session.tsx';
import { lazyPage } from '../ui/lazy-page.ts';
import { GroupHeading } from './group-heading.tsx';
import { useListKeys } from './list-keys.ts';
import { selection } from './selection.ts';
import { TaskRow } from './task-row.tsx';
import { useDrag } from './use-drag.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useMove } from './use-move.ts';
import { useWindow } from './use-window.ts';

/** Also loaded soon after the start, so that the first task that is opened is there at once. */
export const loadTaskCard = () => import('./card/task-card.tsx').then((all) => all.TaskCard);
const TaskCard = lazyPage(loadTaskCard);

interface TaskListProps {
  list: List;
  route: ListRoute;
  today: string;
  instant: string;
}

type Row = { key: string; group: Group; task: Task | null };

/** Headings and tasks, one after the other. The row of a new task stays as it is when the task gets another id. */
const rowsOf = (groups: readonly Group[], { tasks }: Offline): Row[] =>
  groups.flatMap((group) => [
    ...(group.heading ? [{ key: `group ${group.key}`, group, task: null }] : []),
    ...group.tasks.map((task) => ({ key: tasks.keyOf(task.id), group, task })),
  ]);

export function TaskList({ list, route, today, instant }: TaskListProps) {
  const { t } = useI18n();
  const { offline } = useSession();
  const element = useRef<HTMLDivElement>(null);
  const openId = useOpenId();
  const rows = useMemo(() => rowsOf(list.groups, offline), [list, offline]);
  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  const { start, end, before, after, measure } = useWindow(keys, element);
  const selected = useStore(selection);
  const isSelecting = useStore(selection.mode);
  const projects = useProjects();
  const waiting = useWaiting();
  const move = useMove(list);
  const drag = useDrag(element, move);
  const onKeyDown = useListKeys(list, move);
  const focusWatch = useKeptFocus(keys, element);

  const visible = Map.groupBy(rows.slice(start, end), ({ group }) => group);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the rows that are in it
    <div
      ref={element}
      className="list"
      onKeyDown={onKeyDown}
      {...focusWatch}
      style={{ paddingBlock: `${before}px ${after}px` }}
    >
      {[...visible].map(([group, parts]) => (
        <section key={group.key} className="group" data-group={group.key}>
          {parts[0]?.task === null && (
            <div ref={measure(parts[0].key)}>
              <GroupHeading group={group} today={today} />
            </div>
          )}
          <ul className="rows" aria-label={t('list.label')}>
            {parts.map(({ task, key }) => {
              if (task === null) return null;
              const isOpen = task.id === openId;
              return (
                <li
                  key={key}
                  ref={measure(key)}
                  className="row-item"
                  data-row={task.id}
                  data-key={key}
                  data-drop={drag.dropAt(task.id)}
                >
                  {isOpen ? (
                    <Suspense fallback={<div className="card card-loading" />}>
                      <TaskCard task={task} today={today} onClose={() => closeCard(task.id)} />
                    </Suspense>
                  ) : (
                    <TaskRow
                      task={task}
                      selectionKey={key}
                      clock={{ today, instant }}
                      project={
                        route.name === 'project' || task.project_id === null
                          ? undefined
                          : projects.get(task.project_id)
                      }
                      hidesDay={
                        group.heading?.kind === 'day' || (route.name === 'today' && group.key === 'today')
                      }
                      isSelecting={isSelecting}
                      isSelected={selected.has(key)}
                      canDrag={list.isManual || route.name === 'upcoming'}
                      isDragged={drag.draggedId === task.id}
                      isWaiting={waiting.has(task.id)}
                      onDragStart={drag.start}
                    />
                  )}
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}

function useProjects(): ReadonlyMap<string, Project> {
  const { offline } = useSession();
  const projects = useOffline(offline, (all) => all.projects.all());
  return useMemo(() => new Map(projects.map((project) => [project.id, project])), [projects]);
}

/** The tasks with changes that are not on the server yet. */
function useWaiting(): ReadonlySet<string> {
  const { offline } = useSession();
  const ids = useOffline(offline, ({ tasks }) => tasks.waiting());
  return useMemo(() => new Set(ids), [ids]);
}

/** The task that the URL says is open. A new task has another id once the server has it. */
function useOpenId(): string | null {
  const { offline } = useSession();
  const wanted = useParam('task');
  return useOffline(offline, ({ tasks }) => (wanted === null ? null : (tasks.get(wanted)?.id ?? null)), [
    wanted,
  ]);
}

export const openCard = (id: string): void => setParam('task', id);

function closeCard(id: string): void {
  setParam('task', null);
  // After the row is there again.
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] .row-title`)?.focus(),
  );
}
