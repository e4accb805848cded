import { daysInMonth } from './days.ts';

export const frequencies = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
export type Frequency = (typeof frequencies)[number];

/** The last day or instant of a rule. Each of the three may be compared with a date, with or without a time. */
export type Until =
  | { kind: 'date'; date: string }
  /** Without a zone. `time` is HH:MM:SS. */
  | { kind: 'local'; date: string; time: string }
  /** In ISO 8601, with milliseconds. */
  | { kind: 'instant'; instant: string };

export interface WeekdayEntry {
  /** 0 for Monday to 6 for Sunday. */
  weekday: number;
  /** Which one of the month or year, from the end if negative; null for each. */
  ordinal: number | null;
}

/** An RRULE (RFC 5545 §3.3.10) of whole days. A list is empty if the rule does not have that part. */
export interface RecurrenceRule {
  frequency: Frequency;
  interval: number;
  count: number | null;
  until: Until | null;
  weekStart: number;
  byMonth: number[];
  byWeekNo: number[];
  byYearDay: number[];
  byMonthDay: number[];
  byDay: WeekdayEntry[];
  bySetPos: number[];
}

/** Why a text is not a rule, or why the rule is not accepted. The message is for clients. */
export class RuleError extends Error {
  override name = 'RuleError';
}

const maxLength = 500;
export const weekdayNames = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

const partNames = [
  ...['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST', 'BYMONTH'],
  ...['BYWEEKNO', 'BYYEARDAY', 'BYMONTHDAY', 'BYDAY', 'BYSETPOS'],
];
const unsupported = new Map([
  ...['BYHOUR', 'BYMINUTE', 'BYSECOND'].map((name): [string, string] => [
    name,
    'repeats are of whole days, and due_time has the time',
  ]),
  ...['RSCALE', 'SKIP'].map((name): [string, string] => [name, 'only the Gregorian calendar is supported']),
]);

/**
 * Reads the value of an RRULE, in any case, without the name.
 * @throws RuleError
 */
export function parseRule(text: string): RecurrenceRule {
  const parts = splitParts(text);
  const part = (name: string): string | undefined => parts.get(name);
  const list = (name: string, max: number): number[] => parseList(name, part(name), max);
  const rule: RecurrenceRule = {
    frequency: parseFrequency(part('FREQ')),
    interval: parseWholeNumber('INTERVAL', part('INTERVAL')) ?? 1,
    count: parseWholeNumber('COUNT', part('COUNT')),
    until: parseUntil(part('UNTIL')),
    weekStart: parseWeekday('WKST', part('WKST') ?? 'MO'),
    byMonth: list('BYMONTH', 12),
    byWeekNo: list('BYWEEKNO', 53),
    byYearDay: list('BYYEARDAY', 366),
    byMonthDay: list('BYMONTHDAY', 31),
    byDay: part('BYDAY')?.split(',').map(parseWeekdayEntry) ?? [],
    bySetPos: list('BYSETPOS', 366),
  };
  checkTogether(rule);
  return rule;
}

function splitParts(text: string): Map<string, string> {
  if (text.length > maxLength) throw new RuleError(`A rule has at most ${maxLength} characters.`);
  const upper = text.toUpperCase();
  if (upper.startsWith('RRULE')) throw new RuleError('Leave RRULE: out, and begin with FREQ=.');
  const parts = new Map<string, string>();
  // Some calendars end their rules with a semicolon.
  for (const part of upper.replace(/;$/, '').split(';')) {
    const [name = '', value, ...rest] = part.split('=');
    if (value === undefined || value === '' || rest.length > 0)
      throw new RuleError(`${quote(part)} is not of the form NAME=VALUE.`);
    const reason = unsupported.get(name);
    if (reason !== undefined) throw new RuleError(`${name} is not supported: ${reason}.`);
    if (!partNames.includes(name)) throw new RuleError(`${quote(name)} is not a part of a rule.`);
    if (parts.has(name)) throw new RuleError(`${name} is there twice.`);
    parts.set(name, value);
  }
  return parts;
}

const quote = (text: string): string => `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;

function parseFrequency(value: string | undefined): Frequency {
  if (value === undefined) throw new RuleError('FREQ is missing.');
  if (['HOURLY', 'MINUTELY', 'SECONDLY'].includes(value))
    throw new RuleError(`FREQ=${value} is not supported: the shortest repeat is DAILY.`);
  const found = frequencies.find((frequency) => frequency === value);
  if (found === undefined) throw new RuleError('FREQ has to be DAILY, WEEKLY, MONTHLY or YEARLY.');
  return found;
}

function parseWholeNumber(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  if (!/^\d{1,9}$/.test(value) || Number(value) === 0)
    throw new RuleError(`${name} has to be a whole number from 1 to 999999999.`);
  return Number(value);
}

function parseList(name: string, value: string | undefined, max: number): number[] {
  if (value === undefined) return [];
  // RFC 5545 has no months from the end of the year.
  const [syntax, range] =
    name === 'BYMONTH' ? [/^\d{1,2}$/, '1'] : [/^[+-]?\d{1,3}$/, `1 to ${max} or -1 to -${max}`];
  const numbers = value.split(',').map((item) => {
    const number = Number(item);
    if (syntax.test(item) && number !== 0 && Math.abs(number) <= max) return number;
    throw new RuleError(
      `${name} has to be a list of numbers from ${range}${name === 'BYMONTH' ? ` to ${max}` : ''}.`,
    );
  });
  return [...new Set(numbers)];
}

function parseWeekday(name: string, value: string): number {
  const weekday = weekdayNames.indexOf(value);
  if (weekday < 0) throw new RuleError(`${name} has to be one of ${weekdayNames.join(', ')}.`);
  return weekday;
}

function parseWeekdayEntry(text: string): WeekdayEntry {
  const [, sign, digits, name = ''] = /^([+-])?(\d{1,2})?([A-Z]{2})$/.exec(text) ?? [];
  const weekday = weekdayNames.indexOf(name);
  const ordinal = digits === undefined ? null : Number(digits) * (sign === '-' ? -1 : 1);
  if (weekday < 0 || ordinal === 0 || Math.abs(ordinal ?? 1) > 53 || (ordinal === null && sign !== undefined))
    throw new RuleError('BYDAY has to be a list of days such as MO, 1MO or -1FR, with numbers up to 53.');
  return { weekday, ordinal };
}

function parseUntil(value: string | undefined): Until | null {
  if (value === undefined) return null;
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/.exec(value);
  const [, year = '', month = '', monthDay = '', hours, minutes = '', seconds = '', utc] = match ?? [];
  const isDate =
    Number(year) > 0 &&
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(monthDay) >= 1 &&
    Number(monthDay) <= daysInMonth(Number(year), Number(month));
  const isTime = Number(hours ?? 0) < 24 && Number(minutes) < 60 && Number(seconds) <= 60;
  if (!isDate || !isTime)
    throw new RuleError('UNTIL has to be such as 20261224, 20261224T080000 or 20261224T080000Z.');
  const date = `${year}-${month}-${monthDay}`;
  if (hours === undefined) return { kind: 'date', date };
  // 60 is a leap second, which neither JavaScript nor PostgreSQL has.
  const time = `${hours}:${minutes}:${seconds === '60' ? '59' : seconds}`;
  return utc === undefined
    ? { kind: 'local', date, time }
    : { kind: 'instant', instant: `${date}T${time}.000Z` };
}

/** What RFC 5545 §3.3.10 forbids to stand together. */
function checkTogether(rule: RecurrenceRule): void {
  const { frequency } = rule;
  const refuse = (isWrong: boolean, reason: string): void => {
    if (isWrong) throw new RuleError(reason);
  };
  refuse(rule.count !== null && rule.until !== null, 'COUNT and UNTIL may not stand together.');
  refuse(rule.byWeekNo.length > 0 && frequency !== 'YEARLY', 'BYWEEKNO needs FREQ=YEARLY.');
  refuse(rule.byYearDay.length > 0 && frequency !== 'YEARLY', 'BYYEARDAY needs FREQ=YEARLY.');
  refuse(rule.byMonthDay.length > 0 && frequency === 'WEEKLY', 'BYMONTHDAY may not stand with FREQ=WEEKLY.');
  if (rule.byDay.some(({ ordinal }) => ordinal !== null)) {
    const isOfMonthOrYear = frequency === 'MONTHLY' || frequency === 'YEARLY';
    refuse(!isOfMonthOrYear, 'BYDAY may have numbers with FREQ=MONTHLY or FREQ=YEARLY only.');
    refuse(rule.byWeekNo.length > 0, 'BYDAY may have no numbers together with BYWEEKNO.');
  }
  const others = [rule.byMonth, rule.byWeekNo, rule.byYearDay, rule.byMonthDay, rule.byDay];
  const isAlone = others.every(({ length }) => length === 0);
  refuse(rule.bySetPos.length > 0 && isAlone, 'BYSETPOS needs another part that begins with BY.');
}
