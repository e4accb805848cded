import { useOffline } from '@duly/client/react';
import { useEffect } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useToday, useZone } from '../model/clock.ts';
import { setParam, useParam } from '../routing/router.tsx';
import { useSession } from '../session/session.tsx';
import { DayChart } from './day-chart.tsx';
import { ProjectChart } from './project-chart.tsx';
import { type Stats, statsOf } from './stats.ts';

const ranges = [14, 30, 90];

/** What was done and what is left, to look at: out of the mirror, so without a network too. */
export function Charts() {
  const { t } = useI18n();
  const { offline } = useSession();
  const today = useToday();
  const zone = useZone();
  const wanted = Number(useParam('days'));
  const days = ranges.includes(wanted) ? wanted : 30;
  const stats = useOffline(offline, (all) => statsOf(all, { today, days, zone }), [today, days, zone]);
  useEffect(() => {
    document.title = `${t('nav.charts')} · Duly`;
  }, [t]);
  return (
    <div className="page charts">
      <header className="page-header">
        <div>
          <h1>{t('nav.charts')}</h1>
          <p className="page-sub">{t('charts.text')}</p>
        </div>
        <RangeChoice days={days} />
      </header>
      <Tiles stats={stats} />
      <DayChart
        kind="bars"
        title={t('charts.done')}
        counts={stats.done}
        today={today}
        unit="charts.doneCount"
      />
      <DayChart
        kind="line"
        title={t('charts.overdue')}
        note={t('charts.overdueNote')}
        counts={stats.overdue}
        today={today}
        unit="charts.overdueCount"
      />
      <ProjectChart projects={stats.projects} />
    </div>
  );
}

function RangeChoice({ days }: { days: number }) {
  const { t } = useI18n();
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{t('charts.range')}</legend>
      {ranges.map((range) => (
        <label key={range} className="segment">
          <input
            type="radio"
            name="range"
            checked={range === days}
            onChange={() => setParam('days', String(range))}
          />
          <span>{t('charts.days', { count: range })}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Tiles({ stats }: { stats: Stats }) {
  const { t } = useI18n();
  const change = stats.week - stats.weekBefore;
  const overdue = stats.overdue.at(-1)?.count ?? 0;
  const compared =
    change === 0
      ? t('charts.same')
      : t(change > 0 ? 'charts.more' : 'charts.fewer', { count: Math.abs(change) });
  const tiles = [
    { name: t('charts.doneToday'), value: stats.done.at(-1)?.count ?? 0 },
    { name: t('charts.doneWeek'), value: stats.week, note: compared },
    { name: t('list.overdue'), value: overdue, isBad: overdue > 0 },
    { name: t('charts.open'), value: stats.open },
  ];
  return (
    <dl className="tiles">
      {tiles.map(({ name, value, note, isBad }) => (
        <div key={name} className={isBad ? 'tile tile-bad' : 'tile'}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {note && <dd className="tile-note">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
