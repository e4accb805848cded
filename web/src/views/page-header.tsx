import { useOffline } from '@duly/client/react';
import { useEffect } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import type { ListRoute } from '../model/lists.ts';
import { Link, setParam, useParam } from '../routing/router.tsx';
import { useSession } from '../session/session.tsx';
import { panel } from '../shell/panels.ts';
import { useArrange } from '../shell/use-arrange.ts';
import { selection } from '../tasks/selection.ts';
import { Icon } from '../ui/icon.tsx';
import { Dot, Menu, type MenuItem } from '../ui/menu.tsx';
import { moveItems } from './move-items.ts';
import { addSection } from './section-actions.ts';

interface PageHeaderProps {
  route: ListRoute;
  count: number;
  today: string;
  /** What the URL names is not there. */
  isGone: boolean;
}

export function PageHeader({ route, count, today, isGone }: PageHeaderProps) {
  const { t, longDay } = useI18n();
  const title = useTitle(route);
  const color = useProjectColor(route);
  const hasCount = !isGone && (route.name !== 'search' || route.text !== '');
  useEffect(() => {
    document.title = `${title} · Duly`;
  }, [title]);
  return (
    <header className="page-header">
      <div>
        <h1>
          {color !== undefined && !isGone && <Dot color={color} />}
          {title}
        </h1>
        {hasCount && (
          <p className="page-sub">
            {route.name === 'today' && `${longDay(today, today)} · `}
            {t('tasks', { count })}
          </p>
        )}
      </div>
      <div className="page-actions">
        {route.name !== 'search' && (
          <Link href="/search" className="icon-button page-search" aria-label={t('nav.search')}>
            <Icon name="search" />
          </Link>
        )}
        {!isGone && <PageMenu route={route} />}
      </div>
    </header>
  );
}

function useTitle(route: ListRoute): string {
  const { t } = useI18n();
  const { offline } = useSession();
  const id = 'id' in route ? route.id : '';
  const named = useOffline(
    offline,
    ({ projects, views }) => (route.name === 'project' ? projects.get(id)?.name : views.get(id)?.name),
    [route.name, id],
  );
  if (route.name === 'project' || route.name === 'view') return named ?? t('gone');
  return route.name === 'tag' ? `@${id}` : t(`nav.${route.name}`);
}

function useProjectColor(route: ListRoute): string | null | undefined {
  const { offline } = useSession();
  const id = route.name === 'project' ? route.id : '';
  return useOffline(offline, ({ projects }) => (id === '' ? undefined : (projects.get(id)?.color ?? null)), [
    id,
  ]);
}

function PageMenu({ route }: { route: ListRoute }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { moveBy } = useArrange();
  const isCompletedShown = useParam('completed') === '1';
  const items: MenuItem[] = [
    { id: 'select', text: t('select.start'), icon: 'check', run: () => selection.start() },
  ];
  if (['project', 'inbox', 'tag'].includes(route.name))
    items.push({
      id: 'completed',
      text: isCompletedShown ? t('list.hideCompleted') : t('list.showCompleted'),
      icon: 'eye',
      run: () => setParam('completed', isCompletedShown ? null : '1'),
    });
  if (route.name === 'project')
    items.push(
      {
        id: 'section',
        text: t('section.new'),
        icon: 'add',
        run: () => void addSection(offline, route.id),
      },
      {
        id: 'edit',
        text: t('project.edit'),
        icon: 'edit',
        run: () => panel.set({ name: 'project', id: route.id }),
      },
    );
  if (route.name === 'view')
    items.push({
      id: 'edit',
      text: t('view.edit'),
      icon: 'edit',
      run: () => panel.set({ name: 'view', id: route.id }),
    });
  if (route.name === 'project' || route.name === 'view') {
    const kind = route.name === 'project' ? 'projects' : 'views';
    items.push(...moveItems(t, (by) => moveBy({ kind, id: route.id }, by)));
  }
  if (route.name === 'tag')
    items.push({
      id: 'edit',
      text: t('tag.edit'),
      icon: 'edit',
      run: () => panel.set({ name: 'tag', id: route.id }),
    });
  return (
    <Menu
      label={<Icon name="more" />}
      name={t('list.menu')}
      className="icon-button"
      align="end"
      items={items}
    />
  );
}
