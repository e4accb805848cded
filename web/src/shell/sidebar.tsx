import { useOffline } from '@duly/client/react';
import type { ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useMinute, useToday } from '../model/clock.ts';
import { countOpen } from '../model/lists.ts';
import { Link, useUrl } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { useSession } from '../session/session.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Logo } from '../ui/logo.tsx';
import { Dot } from '../ui/menu.tsx';
import { panel } from './panels.ts';
import { SyncStatus } from './sync-status.tsx';
import { useArrange } from './use-arrange.ts';
import { UserMenu } from './user-menu.tsx';

export function Sidebar() {
  const { t } = useI18n();
  const { offline } = useSession();
  const arrange = useArrange();
  const today = useToday();
  const instant = useMinute();
  const counts = useOffline(offline, (all) => countOpen(all, { today, instant }), [today, instant]);
  return (
    <aside className="sidebar" aria-label={t('nav.label')}>
      <div className="sidebar-head">
        <Logo />
        <button
          type="button"
          className="icon-button"
          aria-label={t('nav.palette')}
          title={t('nav.palette')}
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => panel.set({ name: 'palette' })}
        >
          <Icon name="go" />
        </button>
      </div>
      <nav
        className="nav"
        aria-label={t('nav.label')}
        onKeyDown={arrange.onKeyDown}
        onPointerDown={arrange.onPointerDown}
      >
        <ul>
          <NavItem href="/search" icon="search" text={t('nav.search')} shortcut="/" />
          <NavItem href="/inbox" icon="inbox" text={t('nav.inbox')} count={counts.inbox} />
          <NavItem
            href="/today"
            icon="sun"
            text={t('nav.today')}
            count={counts.today}
            isUrgent={counts.overdue > 0}
          />
          <NavItem href="/upcoming" icon="upcoming" text={t('nav.upcoming')} />
          <NavItem href="/completed" icon="done" text={t('nav.completed')} />
          <NavItem href="/charts" icon="chart" text={t('nav.charts')} />
          <NavItem href="/trash" icon="trash" text={t('nav.trash')} />
        </ul>
        <ProjectNav counts={counts.byProject} />
        <ViewNav />
        <TagNav counts={counts.byTag} />
      </nav>
      <div className="sidebar-foot">
        <SyncStatus />
        <UserMenu />
      </div>
    </aside>
  );
}

function ProjectNav({ counts }: { counts: ReadonlyMap<string, number> }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const projects = useOffline(offline, (all) => all.projects.all().filter(({ archived }) => !archived));
  return (
    <NavGroup
      title={t('nav.projects')}
      onAdd={() => panel.set({ name: 'project', id: null })}
      addLabel={t('project.new')}
    >
      {projects.map(({ id, name, color }) => (
        <NavItem
          key={offline.projects.keyOf(id)}
          moveKey={`projects ${id}`}
          href={paths.project(id)}
          mark={<Dot color={color} />}
          text={name}
          count={counts.get(id) ?? 0}
        />
      ))}
    </NavGroup>
  );
}

function ViewNav() {
  const { t } = useI18n();
  const { offline } = useSession();
  const views = useOffline(offline, (all) => all.views.all());
  return (
    <NavGroup
      title={t('nav.views')}
      onAdd={() => panel.set({ name: 'view', id: null })}
      addLabel={t('view.new')}
    >
      {views.map(({ id, name }) => (
        <NavItem
          key={offline.views.keyOf(id)}
          moveKey={`views ${id}`}
          href={paths.view(id)}
          icon="filter"
          text={name}
        />
      ))}
    </NavGroup>
  );
}

function TagNav({ counts }: { counts: ReadonlyMap<string, number> }) {
  const { t, locale } = useI18n();
  const { offline } = useSession();
  const tags = useOffline(offline, (all) => all.tags.all().map(({ name }) => name));
  if (tags.length === 0) return null;
  return (
    <NavGroup title={t('nav.tags')}>
      {[...tags]
        .sort((a, b) => a.localeCompare(b, locale))
        .map((name) => (
          <NavItem key={name} href={paths.tag(name)} icon="tag" text={name} count={counts.get(name) ?? 0} />
        ))}
    </NavGroup>
  );
}

interface NavGroupProps {
  title: string;
  onAdd?: () => void;
  addLabel?: string;
  children: ReactNode;
}

function NavGroup({ title, onAdd, addLabel, children }: NavGroupProps) {
  return (
    <section className="nav-group">
      <header className="nav-group-head">
        <h2>{title}</h2>
        {onAdd && (
          <button
            type="button"
            className="icon-button icon-button-small"
            aria-label={addLabel}
            title={addLabel}
            onClick={onAdd}
          >
            <Icon name="add" size={18} />
          </button>
        )}
      </header>
      <ul>{children}</ul>
    </section>
  );
}

interface NavItemProps {
  href: string;
  text: string;
  icon?: IconName;
  mark?: ReactNode;
  count?: number;
  isUrgent?: boolean;
  /** The key that leads there. */
  shortcut?: string;
  /** Of an item with a place in a manual order (`nav-moves.ts`). */
  moveKey?: string;
}

function NavItem({ href, text, icon, mark, count = 0, isUrgent = false, shortcut, moveKey }: NavItemProps) {
  const path = useUrl().split('?')[0];
  return (
    <li data-move={moveKey}>
      <Link
        href={href}
        className="nav-item"
        draggable={false}
        aria-current={path === href ? 'page' : undefined}
        aria-keyshortcuts={moveKey ? 'Alt+ArrowUp Alt+ArrowDown' : shortcut}
      >
        <span className="nav-mark">{icon ? <Icon name={icon} /> : mark}</span>
        <span className="nav-text">{text}</span>
        {shortcut && (
          <span className="key" aria-hidden="true">
            {shortcut}
          </span>
        )}
        {count > 0 && <span className={isUrgent ? 'nav-count nav-count-urgent' : 'nav-count'}>{count}</span>}
      </Link>
    </li>
  );
}
