import { dateIn } from '../dates/zones.ts';
import { cleanLine } from '../mail/clean-text.ts';
import type { MailBlock, MailContent, MailListItem } from '../mail/document.ts';
import { type MailDates, mailDates } from '../mail/mail-dates.ts';
import { renderMail } from '../mail/render.ts';
import type { Words } from '../mail/words/model.ts';
import { fillIn, fillInCount, wordsFor } from '../mail/words/words.ts';
import type { DigestTask } from './queries.ts';

export interface DigestMailInput {
  /** BCP 47, of the profile. */
  locale: string;
  /** IANA name, of the profile. */
  timeZone: string;
  /** The hour at which the mail comes, 0 to 23. */
  hour: number;
  now: Date;
  /** By part, and in the order of the mail. */
  tasks: readonly DigestTask[];
  unsubscribeUrl: string;
}

/** Shorter than titles may be, so that the largest mail stays below 102 kB, where some clients cut it. */
const [maxTitle, maxProject] = [120, 40];

/** What the parts of the mail are made with. */
interface Writer extends Pick<DigestMailInput, 'locale' | 'timeZone'> {
  language: string;
  words: Words;
  dates: MailDates;
}

/** The mail of the digest, in the words of the locale and with times of the zone. */
export function digestMail(input: DigestMailInput): MailContent {
  const { locale, timeZone, now, tasks, hour } = input;
  const dates = mailDates(locale, timeZone, now);
  const writer: Writer = { locale, timeZone, ...wordsFor(locale), dates };
  const { language, words } = writer;
  const today = dates.day(dateIn(timeZone, now));
  const [overdue, ofToday, next] = (['overdue', 'today', 'next'] as const).map((part) =>
    tasks.filter((task) => task.part === part),
  );
  const blocks = [
    listOf(writer, words.overdue, 'alert', overdue ?? []),
    listOf(writer, words.today, 'accent', ofToday ?? [], words.nothingToday),
    listOf(writer, words.nextDays, 'plain', next ?? []),
  ].filter((block) => block !== null);
  return renderMail({
    language,
    direction: words.direction,
    subject: cleanLine(fillIn(words.digestSubject, { date: today }), 200),
    preheader: blocks
      .flatMap(({ heading, count }) => (count === null ? [] : `${heading}: ${count}`))
      .join(' · '),
    label: null,
    heading: today,
    blocks,
    footer: [
      { type: 'text', text: fillIn(words.digestReason, { time: dates.hour(hour) }) },
      { type: 'link', text: words.unsubscribe, url: input.unsubscribeUrl },
    ],
  });
}

type ListBlock = MailBlock & { type: 'list' };

/** @returns null of a part without tasks, unless there is something to say of it */
function listOf(
  writer: Writer,
  heading: string,
  tone: ListBlock['tone'],
  tasks: readonly DigestTask[],
  ifEmpty: string | null = null,
): ListBlock | null {
  const { language, locale, words, dates } = writer;
  const [first] = tasks;
  if (first === undefined)
    return ifEmpty === null ? null : { type: 'list', heading, tone, count: null, groups: [], note: ifEmpty };
  const more = first.total - tasks.length;
  const groups =
    first.part === 'next'
      ? [...Map.groupBy(tasks, (task) => dayOf(writer, task))].map(([date, ofDay]) => ({
          heading: dates.day(date),
          items: ofDay.map((task) => itemOf(writer, task)),
        }))
      : [{ heading: null, items: tasks.map((task) => itemOf(writer, task)) }];
  return {
    ...{ type: 'list', heading, tone, groups },
    count: new Intl.NumberFormat([locale, 'en']).format(first.total),
    note: more === 0 ? null : fillInCount(words.more, more, language, locale),
  };
}

/** The user's date of the task. */
const dayOf = ({ timeZone }: Writer, { due_at, due_date }: DigestTask) =>
  due_at === null ? due_date : dateIn(timeZone, new Date(due_at));

function itemOf(writer: Writer, task: DigestTask): MailListItem {
  const { words } = writer;
  const isImportant = task.priority === 'High';
  const details = [
    dueOf(writer, task),
    isImportant ? words.highPriority : '',
    cleanLine(task.project_name ?? '', maxProject),
    task.repeats ? words.repeats : '',
  ];
  return {
    title: cleanLine(task.title, maxTitle),
    details: details.filter((one) => one !== ''),
    isImportant,
  };
}

/** When a task is due. Only overdue tasks have their date: the headings have the dates of others. */
function dueOf(writer: Writer, task: DigestTask): string {
  const { dates } = writer;
  if (task.part === 'overdue')
    return task.due_at === null ? dates.day(task.due_date) : dates.dateTime(task.due_at);
  return task.due_at === null ? '' : dates.time(task.due_at);
}
