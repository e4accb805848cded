/**
 * Days as integers: the number of days since 1970-01-01, in the proleptic Gregorian calendar. Arithmetic with them
 * needs neither `Date` nor a time zone.
 */

export interface CalendarDate {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  monthDay: number;
}

const daysInEra = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const epochOffset = 719_468;

/** @param date YYYY-MM-DD, a date that exists */
export function toDay(date: string): number {
  return dayOf(Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8, 10)));
}

/** @returns YYYY-MM-DD */
export function toDate(day: number): string {
  const { year, month, monthDay } = calendarDateOf(day);
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(monthDay)}`;
}

export const twoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** Years begin in March here, so that the leap day is the last day of one. An era is 400 years. */
export function dayOf(year: number, month: number, monthDay: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + monthDay - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysInEra + dayOfEra - epochOffset;
}

export function calendarDateOf(day: number): CalendarDate {
  const shifted = day + epochOffset;
  const era = Math.floor(shifted / daysInEra);
  const dayOfEra = shifted - era * daysInEra;
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    monthDay: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/** @returns 0 for Monday to 6 for Sunday */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

/** The first day of the week that the day is in. */
export const startOfWeek = (day: number, weekStart: number): number =>
  day - ((weekdayOf(day) - weekStart + 7) % 7);

const isLeapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

export const daysInYear = (year: number): number => (isLeapYear(year) ? 366 : 365);

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `HH:MM` from 00:00 to 23:59. */
export const clockTime = /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/;

/** Dates that a client may send. A matching text may still name no day, such as `2026-02-30`. */
export const supportedDate =
  /^(?:19[7-9][0-9]|20[0-9][0-9]|2100)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/;

/** Whether the text is a day from 1970-01-01 to 2100-12-31, as YYYY-MM-DD. */
export function isCalendarDate(text: string): boolean {
  if (!supportedDate.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
