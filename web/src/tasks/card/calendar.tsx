import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useI18n } from '../../i18n/i18n.tsx';
import { addDays, type Day, firstOfMonth, weeksOfMonth } from '../../model/days.ts';
import { Icon } from '../../ui/icon.tsx';

interface CalendarProps {
  day: Day | null;
  today: Day;
  onDay: (day: Day) => void;
}

const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** A month to choose a day from, with the arrow keys too. */
export function Calendar({ day, today, onDay }: CalendarProps) {
  const { t, month, firstWeekday } = useI18n();
  const [focused, setFocused] = useState(day ?? today);
  const grid = useRef<HTMLTableElement>(null);
  const hasMoved = useRef(false);
  useEffect(() => {
    if (hasMoved.current) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    hasMoved.current = false;
  });
  const weeks = weeksOfMonth(focused, firstWeekday());
  const onKeyDown = (event: KeyboardEvent) => {
    const isRtl = document.documentElement.dir === 'rtl';
    const step = steps[event.key];
    const next =
      step === undefined
        ? pageOf(event.key, focused)
        : addDays(focused, isRtl && Math.abs(step) === 1 ? -step : step);
    if (next === null) return;
    event.preventDefault();
    hasMoved.current = true;
    setFocused(next);
  };
  return (
    <div className="calendar">
      <header className="calendar-head">
        <button
          type="button"
          className="icon-button icon-button-small icon-back"
          aria-label={t('calendar.previous')}
          onClick={() => setFocused(firstOfMonth(focused, -1))}
        >
          <Icon name="chevron" size={18} />
        </button>
        <span aria-live="polite">{month(focused)}</span>
        <button
          type="button"
          className="icon-button icon-button-small"
          aria-label={t('calendar.next')}
          onClick={() => setFocused(firstOfMonth(focused, 1))}
        >
          <Icon name="chevron" size={18} />
        </button>
      </header>
      <table ref={grid} aria-label={month(focused)} onKeyDown={onKeyDown}>
        <Weekdays week={weeks[0] ?? []} />
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((one) => (
                <DayCell key={one} day={one} chosen={day} today={today} focused={focused} onDay={onDay} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function pageOf(key: string, day: Day): Day | null {
  if (key === 'PageUp') return firstOfMonth(day, -1);
  return key === 'PageDown' ? firstOfMonth(day, 1) : null;
}

function Weekdays({ week }: { week: readonly Day[] }) {
  const { weekday } = useI18n();
  return (
    <thead>
      <tr>
        {week.map((day) => (
          <th key={day} scope="col" abbr={weekday(day, 'long')}>
            {weekday(day, 'narrow')}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface DayCellProps {
  day: Day;
  chosen: Day | null;
  today: Day;
  focused: Day;
  onDay: (day: Day) => void;
}

function DayCell({ day, chosen, today, focused, onDay }: DayCellProps) {
  const { longDay } = useI18n();
  return (
    <td>
      <button
        type="button"
        className="calendar-day"
        data-outside={day.slice(0, 7) !== focused.slice(0, 7)}
        aria-pressed={day === chosen}
        aria-current={day === today ? 'date' : undefined}
        aria-label={longDay(day, today)}
        tabIndex={day === focused ? 0 : -1}
        onClick={() => onDay(day)}
      >
        {Number(day.slice(8))}
      </button>
    </td>
  );
}
