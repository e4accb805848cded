import { Suspense, useDeferredValue, useEffect } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { navigate, useRoute, useUrl } from '../routing/router.tsx';
import { isAccountRoute, type Route } from '../routing/routes.ts';
import { lazyPage } from '../ui/lazy-page.ts';
import { TaskPage } from '../views/task-page.tsx';
import { Banners } from './banners.tsx';
import { BottomBar } from './bottom-bar.tsx';
import { useFirstStart } from './first-start.ts';
import { drawer } from './panels.ts';
import { Panels } from './panels-view.tsx';
import { useShortcuts } from './shortcuts.ts';
import { Sidebar } from './sidebar.tsx';
import { SidebarSkeleton } from './skeleton.tsx';
import { useDrawer } from './use-drawer.ts';

const Settings = lazyPage(() => import('../settings/settings.tsx').then((all) => all.Settings));
const Admin = lazyPage(() => import('../admin/admin.tsx').then((all) => all.Admin));
const Charts = lazyPage(() => import('../charts/charts.tsx').then((all) => all.Charts));
const Trash = lazyPage(() => import('../trash/trash.tsx').then((all) => all.Trash));

/** The app of somebody who is signed in. */
export function Shell() {
  const { t } = useI18n();
  const route = useRoute();
  const url = useUrl();
  const isAccount = isAccountRoute(route);
  const { isOpen: isDrawerOpen, onKeyDown } = useDrawer();
  // The list comes first, in a picture of its own.
  const isListShown = useDeferredValue(true, false);
  useShortcuts();
  useFirstStart();
  useEffect(() => {
    if (isAccount || url === '/') navigate('/today', { replace: true });
    drawer.set(false);
  }, [url, isAccount]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the sidebar of the narrow layout
    <div className="shell" data-drawer={isDrawerOpen} onKeyDown={onKeyDown}>
      <a className="skip-link" href="#main">
        {t('skipToList')}
      </a>
      {isListShown ? <Sidebar /> : <SidebarSkeleton />}
      {isDrawerOpen && (
        <button
          type="button"
          className="drawer-backdrop"
          aria-label={t('close')}
          onClick={() => drawer.set(false)}
        />
      )}
      <main id="main" className="main" tabIndex={-1}>
        <Banners />
        <Suspense fallback={<PageSkeleton />}>
          <RoutePage route={route} />
        </Suspense>
      </main>
      {isListShown && <BottomBar />}
      {isListShown && <Panels />}
    </div>
  );
}

function RoutePage({ route }: { route: Route }) {
  if (route.name === 'trash') return <Trash />;
  if (route.name === 'charts') return <Charts />;
  if (route.name === 'settings') return <Settings page={route.page} />;
  if (route.name === 'admin') return <Admin page={route.page} id={route.id} />;
  // `Shell` leads on from the pages of people who are not signed in.
  return <TaskPage route={isAccountRoute(route) ? { name: 'today' } : route} />;
}

function PageSkeleton() {
  return (
    <div className="page" aria-busy="true">
      <span className="skeleton skeleton-title" />
      {[62, 48, 71].map((width) => (
        <span key={width} className="skeleton skeleton-row" />
      ))}
    </div>
  );
}
