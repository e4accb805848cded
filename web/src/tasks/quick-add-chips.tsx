import type { QuickAdd, Understood } from '@duly/quick-add';
import { useI18n } from '../i18n/i18n.tsx';
import { useRepeatWords } from '../i18n/repeat-words.ts';
import type { Placement } from '../model/lists.ts';
import { Icon, type IconName } from '../ui/icon.tsx';

interface QuickAddChipsProps {
  parsed: QuickAdd;
  fields: Placement;
  today: string;
  onKeepAsText: (start: number, end: number) => void;
}

const icons: Record<Understood['kind'], IconName> = {
  date: 'calendar',
  time: 'clock',
  repeat: 'repeat',
  priority: 'flag',
  project: 'folder',
  tag: 'tag',
};

/** What was understood, in the order of the text. A chip that is taken away becomes text again. */
export function QuickAddChips({ parsed, fields, today, onKeepAsText }: QuickAddChipsProps) {
  const { t, shortDay } = useI18n();
  const describe = useDescription(today);
  const { understood, due_date: day } = parsed;
  // A repeat, or a time alone, has a date that no word says.
  const isDayImplied = day !== undefined && !understood.some(({ kind }) => kind === 'date');
  const isDayGiven = day === undefined && fields.due_date !== undefined;
  if (understood.length === 0 && !isDayGiven) return null;
  return (
    <ul className="chips" aria-label={t('quickAdd.understood')} aria-live="polite">
      {understood.map((part) => (
        <li key={`${part.kind} ${part.start}`} className="chip">
          <Icon name={icons[part.kind]} size={16} />
          {describe(part)}
          <button
            type="button"
            className="chip-remove"
            aria-label={t('quickAdd.asText', { text: part.text })}
            title={t('quickAdd.asText', { text: part.text })}
            onClick={() => onKeepAsText(part.start, part.end)}
          >
            <Icon name="close" size={14} />
          </button>
        </li>
      ))}
      {(isDayImplied || isDayGiven) && (
        <li className="chip chip-implied">
          <Icon name="calendar" size={16} />
          {shortDay(day ?? fields.due_date ?? today, today)}
        </li>
      )}
    </ul>
  );
}

function useDescription(today: string): (part: Understood) => string {
  const { t, shortDay, time } = useI18n();
  const repeat = useRepeatWords();
  return ({ kind, value }) => {
    if (kind === 'date') return shortDay(value, today);
    if (kind === 'time') return time(value);
    if (kind === 'repeat') return repeat(value);
    if (kind === 'priority') return t(`priority.${value}` as 'priority.High');
    return kind === 'tag' ? `@${value}` : value;
  };
}
