import { useId } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Link } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { Icon } from '../ui/icon.tsx';
import { Dot } from '../ui/menu.tsx';
import type { ProjectCount } from './stats.ts';

const barHeight = 10;

/** Open tasks of each project; the numbers stand beside the bars, so it needs no table. */
export function ProjectChart({ projects }: { projects: readonly ProjectCount[] }) {
  const { t } = useI18n();
  const id = useId();
  const most = Math.max(1, ...projects.map(({ open }) => open));
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head">
        <h2 id={id}>{t('charts.byProject')}</h2>
      </figcaption>
      {projects.length === 0 && <p className="page-sub">{t('charts.nothingOpen')}</p>}
      <ul>
        {projects.map((project) => (
          <ProjectBar key={project.id} project={project} most={most} />
        ))}
      </ul>
    </figure>
  );
}

function ProjectBar({ project, most }: { project: ProjectCount; most: number }) {
  const { t } = useI18n();
  const { id, name, color, open, overdue } = project;
  const percent = (count: number) => `${(100 * count) / most}%`;
  return (
    <li className="project-bar">
      <span className="project-bar-name">
        {id === null ? <Icon name="inbox" size={16} /> : <Dot color={color} />}
        <Link href={id === null ? '/inbox' : paths.project(id)}>{id === null ? t('nav.inbox') : name}</Link>
      </span>
      <svg width="100%" height={barHeight} aria-hidden="true">
        <rect className="chart-track" width="100%" height={barHeight} rx={barHeight / 2} />
        <rect
          className="chart-share"
          width={percent(open)}
          height={barHeight}
          rx={barHeight / 2}
          {...(color !== null && { fill: color })}
        />
      </svg>
      <span className="project-bar-count">
        {t('charts.openCount', { count: open })}
        {overdue > 0 && (
          <span className="project-bar-overdue"> · {t('charts.overdueCount', { count: overdue })}</span>
        )}
      </span>
    </li>
  );
}
