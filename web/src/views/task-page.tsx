import { useOffline } from '@duly/client/react';
import { type ReactNode, Suspense, useEffect } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useMinute, useToday } from '../model/clock.ts';
import { type ListRoute, listOf } from '../model/lists.ts';
import { useStore } from '../model/store.ts';
import { navigate, useParam } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { useSession } from '../session/session.tsx';
import { placement } from '../shell/panels.ts';
import { QuickAdd } from '../tasks/quick-add.tsx';
import { selection } from '../tasks/selection.ts';
import { TaskList } from '../tasks/task-list.tsx';
import { lazyPage } from '../ui/lazy-page.ts';
import { type EmptyName, EmptyState } from './empty-state.tsx';
import { PageHeader } from './page-header.tsx';

const BulkBar = lazyPage(() => import('../tasks/bulk-bar.tsx').then((all) => all.BulkBar));
const SearchBox = lazyPage(() => import('./search-box.tsx').then((all) => all.SearchBox));

const keyOf = (route: ListRoute): string =>
  `${route.name} ${'id' in route ? route.id : 'text' in route ? route.text : ''}`;

/**
 * Once the server knows a new project or view, it has another id, and the URL follows.
 * @returns a key of the page, which stays the same then: a menu stays open, and a text that is being written stays
 */
function usePageKey(route: ListRoute): string {
  const { offline } = useSession();
  const id = 'id' in route ? route.id : '';
  const storedId = useOffline(
    offline,
    ({ projects, views }) => (route.name === 'view' ? views : projects).get(id)?.id ?? id,
    [route.name, id],
  );
  useEffect(() => {
    if (storedId === id || (route.name !== 'project' && route.name !== 'view')) return;
    navigate(paths[route.name](storedId) + window.location.search, { replace: true });
  }, [route.name, id, storedId]);
  if (route.name !== 'project' && route.name !== 'view') return keyOf(route);
  return `${route.name} ${offline[`${route.name}s`].keyOf(id)}`;
}

/** The project or view of the URL is not there. */
function useIsGone(route: ListRoute): boolean {
  const { offline } = useSession();
  const id = 'id' in route ? route.id : '';
  return useOffline(
    offline,
    ({ projects, views }) =>
      (route.name === 'project' && projects.get(id) === undefined) ||
      (route.name === 'view' && views.get(id) === undefined),
    [route.name, id],
  );
}

function emptyNameOf(route: ListRoute, isGone: boolean): EmptyName {
  if (isGone) return 'gone';
  return route.name === 'search' && route.text === '' ? 'searchStart' : route.name;
}

/** A list of tasks: its title, quick add, and the tasks. */
export function TaskPage({ route }: { route: ListRoute }) {
  const { offline } = useSession();
  const key = usePageKey(route);
  const today = useToday();
  const instant = useMinute();
  const showCompleted = useParam('completed') === '1';
  const list = useOffline(offline, (all) => listOf(all, route, { today, instant }, showCompleted), [
    keyOf(route),
    today,
    instant,
    showCompleted,
  ]);
  const isStarted = useOffline(
    offline,
    ({ profiles, tasks }) => profiles.all().length + tasks.all().length > 0,
  );
  const count = list.groups.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const isSelecting = useStore(selection.mode);
  const isGone = useIsGone(route) && isStarted;
  const canAdd = route.name !== 'completed' && route.name !== 'search' && !isGone;
  useEffect(() => {
    placement.set(canAdd ? list.fields : {});
    return () => placement.set({});
  }, [canAdd, list]);
  return (
    <div className="page" key={key}>
      <PageHeader route={route} count={count} today={today} isGone={isGone} />
      {route.name === 'search' && (
        <Suspense>
          <SearchBox text={route.text} />
        </Suspense>
      )}
      {canAdd && <QuickAdd fields={list.fields} isInList />}
      {count > 0 || route.name === 'upcoming' || list.groups.length > 1 ? (
        <TaskList list={list} route={route} today={today} instant={instant} />
      ) : isStarted ? (
        <EmptyState name={emptyNameOf(route, isGone)} />
      ) : (
        <Rows />
      )}
      <Suspense>{isSelecting && <BulkBar list={list} today={today} />}</Suspense>
    </div>
  );
}

/** While the first answer of the server is on its way. */
function Rows(): ReactNode {
  const { t } = useI18n();
  return (
    <div role="status" aria-label={t('loading')}>
      {[62, 48, 71, 39].map((width) => (
        <span key={width} className="skeleton skeleton-row" />
      ))}
    </div>
  );
}
