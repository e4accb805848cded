import { cleanLine, cleanLines } from './clean-text.ts';
import type { MailBlock, MailContent } from './document.ts';
import { mailDates } from './mail-dates.ts';
import { renderMail } from './render.ts';
import { fillIn, wordsFor } from './words/words.ts';

export interface ReminderMailInput {
  /** BCP 47, of the profile. */
  locale: string;
  /** IANA name, of the profile. */
  timeZone: string;
  task: {
    title: string;
    description: string | null;
    priority: string;
    /** YYYY-MM-DD */
    due_date: string | null;
    /** ISO 8601; null for a whole day. */
    due_at: string | null;
    /** YYYY-MM-DD */
    start_date: string | null;
  };
  /** The name of the task's project. */
  projectName: string | null;
  /** The time that the reminder was set for, ISO 8601. */
  scheduledAt: string;
  /** Whether nothing was sent at that time because the service did not run. */
  isLate: boolean;
}

const [maxTitle, maxDescription] = [200, 500];
/** Lists of mails show less. */
const maxSubject = 120;

/** The mail of a reminder, in the words of the locale and with times of the zone. */
export function reminderMail(input: ReminderMailInput): MailContent {
  const { task } = input;
  const { language, words } = wordsFor(input.locale);
  const facts = factsOf(input);
  const late: MailBlock[] = lateNoticesOf(input).map((text) => ({ type: 'notice', text }));
  const description = cleanLines(task.description ?? '', maxDescription);
  return renderMail({
    language,
    direction: words.direction,
    subject: fillIn(words.reminderSubject, { title: cleanLine(task.title, maxSubject) }),
    preheader: facts.map(toLine).join(' · '),
    label: [words.reminder, ...(task.priority === 'High' ? [words.highPriority] : [])].join(' · '),
    heading: cleanLine(task.title, maxTitle),
    blocks: [
      ...late,
      ...(facts.length === 0 ? [] : [{ type: 'facts' as const, facts }]),
      ...(description === '' ? [] : [{ type: 'quote' as const, text: description }]),
    ],
    footer: [{ type: 'text', text: words.reminderReason }],
  });
}

/**
 * A reminder as a notification shows it: the title, and on lines of their own when the task is due and starts, and its
 * project; without these, the beginning of its description.
 */
export function reminderNotification(input: ReminderMailInput): { title: string; body: string } {
  const { title, description } = input.task;
  const facts = factsOf(input).map(toLine);
  const lines = facts.length > 0 ? facts : [cleanLine(description ?? '', maxTitle)];
  return { title: cleanLine(title, maxTitle), body: [...lateNoticesOf(input), ...lines].join('\n').trim() };
}

const toLine = ({ label, value }: { label: string; value: string }) => `${label}: ${value}`;

/** None, or one. */
function lateNoticesOf({ locale, timeZone, scheduledAt, isLate }: ReminderMailInput): string[] {
  if (!isLate) return [];
  const time = mailDates(locale, timeZone, new Date(scheduledAt)).dateTime(scheduledAt);
  return [fillIn(wordsFor(locale).words.late, { time })];
}

function factsOf({ locale, timeZone, task, projectName, scheduledAt }: ReminderMailInput) {
  const { words } = wordsFor(locale);
  const dates = mailDates(locale, timeZone, new Date(scheduledAt));
  const due = task.due_at === null ? task.due_date && dates.day(task.due_date) : dates.dateTime(task.due_at);
  const values: [label: string, value: string | null][] = [
    [words.due, due],
    [words.starts, task.start_date && dates.day(task.start_date)],
    [words.project, projectName && cleanLine(projectName, maxTitle)],
  ];
  return values.flatMap(([label, value]) => (value === null || value === '' ? [] : [{ label, value }]));
}
