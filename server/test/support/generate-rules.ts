import { toDate, toDay } from '../../src/dates/days.ts';
import { weekdayNames } from '../../src/dates/recurrence-rule.ts';
import type { Random } from './random.ts';

export const randomDate = (random: Random): string => toDate(toDay('1995-01-01') + random.below(365 * 45));

/** With parts that RFC 5545 allows together. It may have no dates. */
export function randomRule(random: Random): string {
  const frequency = random.pick(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']);
  const parts = [`FREQ=${frequency}`];
  const numbers = (limit: number, hasNegative = true): string =>
    Array.from({ length: random.pick([1, 1, 2, 4]) }, () => {
      const number = 1 + random.below(limit);
      return hasNegative && random.chance(0.3) ? -number : number;
    }).join(',');
  if (random.chance(0.5)) parts.push(`INTERVAL=${1 + random.below(frequency === 'YEARLY' ? 4 : 12)}`);
  if (random.chance(0.3)) parts.push(`BYMONTH=${numbers(12, false)}`);
  const isByWeek = frequency === 'YEARLY' && random.chance(0.2);
  if (isByWeek) parts.push(`BYWEEKNO=${numbers(53)}`);
  else if (frequency === 'YEARLY' && random.chance(0.2)) parts.push(`BYYEARDAY=${numbers(366)}`);
  else if (frequency !== 'WEEKLY' && random.chance(0.4)) parts.push(`BYMONTHDAY=${numbers(31)}`);
  if (random.chance(0.5)) {
    const mayCount = (frequency === 'MONTHLY' || frequency === 'YEARLY') && !isByWeek;
    const days = random.some(weekdayNames, 0.3).map((day) => {
      return mayCount && random.chance(0.4) ? random.pick([1, 2, 3, 4, 5, -1, -2]) + day : day;
    });
    if (days.length > 0) parts.push(`BYDAY=${days.join(',')}`);
  }
  if (random.chance(0.3)) parts.push(`WKST=${random.pick(weekdayNames)}`);
  if (parts.some((part) => part.startsWith('BY')) && random.chance(0.2)) parts.push(`BYSETPOS=${numbers(5)}`);
  return parts.join(';');
}
