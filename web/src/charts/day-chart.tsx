import { type KeyboardEvent, type PointerEvent, useId, useState } from 'react';
import type { MessageKey } from '../i18n/i18n.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { CountTable } from './count-table.tsx';
import { areaOf, barOf, type Frame, lineOf, pointOf, ticksOf } from './shapes.ts';
import type { DayCount } from './stats.ts';
import { useWidth } from './use-width.ts';

interface DayChartProps {
  kind: 'bars' | 'line';
  title: string;
  note?: string;
  counts: readonly DayCount[];
  today: string;
  /** Says a count, with `{count}`. */
  unit: MessageKey;
}

const height = 180;
/** Room for the numbers beside the plot, and for the days below it. */
const padding = { start: 30, end: 6, top: 10, bottom: 22 };

/** A count for each day. One day is chosen, by the pointer or the arrow keys, and is said in words. */
export function DayChart({ kind, title, note, counts, today, unit }: DayChartProps) {
  const { t, longDay } = useI18n();
  const id = useId();
  const { ref, width } = useWidth();
  const [chosen, setChosen] = useState<number | null>(null);
  const at = Math.min(chosen ?? counts.length - 1, counts.length - 1);
  const current = counts[at];
  const say = ({ day, count }: DayCount) => `${longDay(day, today)}: ${t(unit, { count })}`;
  const frame = {
    width,
    height,
    padding,
    count: counts.length,
    ...ticksOf(counts.map(({ count }) => count)),
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - 7,
      PageUp: at + 7,
      Home: 0,
      End: counts.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setChosen(Math.max(0, Math.min(counts.length - 1, next)));
  };
  const onPointer = ({ currentTarget, clientX }: PointerEvent) => {
    const { left } = currentTarget.getBoundingClientRect();
    const step = (width - padding.start - padding.end) / counts.length;
    const index = Math.floor((clientX - left - padding.start) / step);
    setChosen(Math.max(0, Math.min(counts.length - 1, index)));
  };
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption className="chart-head">
        <h2 id={id}>{title}</h2>
        {current && (
          <p className="chart-value" aria-hidden="true">
            {say(current)}
          </p>
        )}
      </figcaption>
      <div
        ref={ref}
        className="chart-plot"
        role="slider"
        tabIndex={0}
        aria-labelledby={id}
        aria-valuemin={1}
        aria-valuemax={counts.length}
        aria-valuenow={at + 1}
        aria-valuetext={current && say(current)}
        onKeyDown={onKeyDown}
        onPointerMove={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => setChosen(null)}
      >
        {width > 0 && <Plot kind={kind} frame={frame} counts={counts} at={at} today={today} />}
      </div>
      {note && <p className="field-hint">{note}</p>}
      <CountTable
        caption={title}
        head={[t('charts.day'), t('charts.count')]}
        rows={[...counts].reverse().map(({ day, count }) => [longDay(day, today), count])}
      />
    </figure>
  );
}

interface PlotProps extends Pick<DayChartProps, 'kind' | 'counts' | 'today'> {
  frame: Frame;
  at: number;
}

function Plot({ kind, frame, counts, at, today }: PlotProps) {
  const values = counts.map(({ count }) => count);
  const chosen = pointOf(frame, at, values[at] ?? 0);
  return (
    <svg width={frame.width} height={height} aria-hidden="true">
      <Grid frame={frame} counts={counts} today={today} />
      {kind === 'bars' ? (
        counts.map(({ day, count }, index) => (
          <path key={day} className="chart-bar" data-chosen={index === at} d={barOf(frame, index, count)} />
        ))
      ) : (
        <>
          <path className="chart-area" d={areaOf(frame, values)} />
          <path className="chart-line" d={lineOf(frame, values)} />
          <line
            className="chart-cursor"
            x1={chosen.x}
            x2={chosen.x}
            y1={padding.top}
            y2={height - padding.bottom}
          />
          <circle className="chart-dot" cx={chosen.x} cy={chosen.y} r="4.5" />
        </>
      )}
    </svg>
  );
}

/** Roughly how wide the name of a day is, with some room. */
const dayLabelPx = 78;

function Grid({ frame, counts, today }: Pick<PlotProps, 'frame' | 'counts' | 'today'>) {
  const { shortDate } = useI18n();
  const { width, ticks } = frame;
  const every = Math.ceil((counts.length * dayLabelPx) / (width - padding.start));
  return (
    <>
      {ticks.map((tick) => {
        const { y } = pointOf(frame, 0, tick);
        return (
          <g key={tick}>
            <line className="chart-grid" x1={padding.start} x2={width - padding.end} y1={y} y2={y} />
            <text className="chart-text" x={padding.start - 8} y={y + 4} textAnchor="end">
              {tick}
            </text>
          </g>
        );
      })}
      {counts.map(({ day }, index) => {
        // Counted from today, whose name is always there.
        if ((counts.length - 1 - index) % every !== 0) return null;
        const isLast = index === counts.length - 1;
        return (
          <text
            key={day}
            className="chart-text"
            x={isLast ? width - padding.end : pointOf(frame, index, 0).x}
            y={height - 4}
            textAnchor={isLast ? 'end' : 'middle'}
          >
            {shortDate(day, today)}
          </text>
        );
      })}
    </>
  );
}
