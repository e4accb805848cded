import { isJsonObject, type JsonObject, listIn, textIn } from './json.ts';
import { ruleOf } from './repeats.ts';

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const weekdayName = (value: unknown): string[] => {
  const index = weekdays.indexOf(String(value).toLowerCase());
  return index < 0 ? [] : [String(weekdays[index]).slice(0, 2).toUpperCase()];
};

const ordinals = new Map<unknown, number>([
  ['first', 1],
  ['second', 2],
  ['third', 3],
  ['fourth', 4],
  ['last', -1],
]);

/** Which weekday of a month; of several days, such as all workdays, the set counts. */
function weekdayOfMonth({ index, daysOfWeek }: JsonObject): string[] {
  const days = listIn(daysOfWeek).flatMap(weekdayName);
  const ordinal = ordinals.get(index) ?? 1;
  return days.length === 1
    ? [`BYDAY=${ordinal}${days[0]}`]
    : [`BYDAY=${days.join(',')}`, `BYSETPOS=${ordinal}`];
}

function weekly(pattern: JsonObject, interval: number): string {
  const days = listIn(pattern.daysOfWeek).flatMap(weekdayName);
  if (days.length === 0) return ruleOf('WEEKLY', interval);
  const [first] = weekdayName(pattern.firstDayOfWeek);
  // The first day of the week counts when several days are in every n-th week.
  const start = interval > 1 && days.length > 1 && first !== undefined ? [`WKST=${first}`] : [];
  return ruleOf('WEEKLY', interval, `BYDAY=${days.join(',')}`, ...start);
}

/** A rule of one of the types of Microsoft Graph; for any other one its name, which is refused as a rule later. */
function patternRule(pattern: JsonObject): string {
  const interval = Number(textIn(pattern.interval) ?? 1);
  const monthDay = `BYMONTHDAY=${textIn(pattern.dayOfMonth) ?? ''}`;
  const month = `BYMONTH=${textIn(pattern.month) ?? ''}`;
  const type = textIn(pattern.type) ?? 'a repeat without a type';
  if (type === 'daily') return ruleOf('DAILY', interval);
  if (type === 'weekly') return weekly(pattern, interval);
  if (type === 'absoluteMonthly') return ruleOf('MONTHLY', interval, monthDay);
  if (type === 'relativeMonthly') return ruleOf('MONTHLY', interval, ...weekdayOfMonth(pattern));
  if (type === 'absoluteYearly') return ruleOf('YEARLY', interval, month, monthDay);
  if (type === 'relativeYearly') return ruleOf('YEARLY', interval, month, ...weekdayOfMonth(pattern));
  return type;
}

function rangeEnd(range: unknown): string {
  if (!isJsonObject(range)) return '';
  if (range.type === 'endDate')
    return `;UNTIL=${(textIn(range.endDate) ?? '').slice(0, 10).replaceAll('-', '')}`;
  return range.type === 'numbered' ? `;COUNT=${textIn(range.numberOfOccurrences) ?? ''}` : '';
}

/** An RRULE of `patternedRecurrence` of Microsoft Graph; null if there is none. */
export const microsoftRepeat = (recurrence: unknown): string | null =>
  isJsonObject(recurrence) && isJsonObject(recurrence.pattern)
    ? patternRule(recurrence.pattern) + rangeEnd(recurrence.range)
    : null;
