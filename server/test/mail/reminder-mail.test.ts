import { describe, expect, test } from 'vitest';
import { cleanLine, cleanLines } from '../../src/mail/clean-text.ts';
import { type ReminderMailInput, reminderMail, reminderNotification } from '../../src/mail/reminder-mail.ts';

const task: ReminderMailInput['task'] = {
  title: 'Call the plumber',
  description: null,
  priority: 'Medium',
  due_date: '2026-11-30',
  due_at: '2026-11-30T18:30:00.000Z',
  start_date: null,
};
const reminder: ReminderMailInput = {
  locale: 'en-GB',
  timeZone: 'Europe/Berlin',
  task,
  projectName: null,
  scheduledAt: '2026-11-30T18:00:00.000Z',
  isLate: false,
};
const mailOf = (fields: Partial<ReminderMailInput['task']>, more: Partial<ReminderMailInput> = {}) =>
  reminderMail({ ...reminder, ...more, task: { ...task, ...fields } });

describe('the mail of a reminder', () => {
  test('says what is due and when, in both parts, in the zone and the locale', () => {
    const more = { description: 'Ask for Mr. Jones.\nUpstairs.', priority: 'High', start_date: '2026-11-20' };
    const { subject, text, html } = mailOf(more, { projectName: 'Home' });
    expect(subject).toBe('Reminder: Call the plumber');
    expect(text).toBe(`Reminder · High priority
Call the plumber

Due: Monday 30 November at 19:30
Starts: Friday 20 November
Project: Home

> Ask for Mr. Jones.
> Upstairs.

-- 
You get this mail because you set this reminder.
`);
    for (const part of [
      'Call the plumber',
      'Monday 30 November at 19:30',
      'Ask for Mr. Jones.<br>Upstairs.',
      'Home',
    ])
      expect(html).toContain(part);
    expect(html).not.toContain('late');
  });

  test.each([
    ['de', 'Erinnerung: Call the plumber', 'Fällig: Montag, 30. November um 19:30'],
    ['en-US', 'Reminder: Call the plumber', 'Due: Monday, November 30 at 7:30 PM'],
    ['ja', 'リマインダー：Call the plumber', '期限: 11月30日月曜日 19:30'],
    ['fa', 'یادآوری: Call the plumber', 'سررسید: دوشنبه ۹ آذر ساعت ۱۹:۳۰'],
    ['xx-unknown', 'Reminder: Call the plumber', 'Due: Monday, November 30 at 7:30 PM'],
  ])('in %s', (locale, subject, due) => {
    const mail = mailOf({}, { locale });
    expect(mail.subject).toBe(subject);
    // A narrow space before PM.
    expect(mail.text.replaceAll('\u202f', ' ')).toContain(`\n${due}\n`);
  });

  test('of a whole day names the day, of another year the year, of no date neither', () => {
    expect(mailOf({ due_at: null }).text).toContain('Due: Monday 30 November\n');
    expect(mailOf({ due_at: null, due_date: '2027-01-02' }).text).toContain(
      'Due: Saturday, 2 January 2027\n',
    );
    expect(mailOf({ due_at: null, due_date: null }).text).not.toContain('Due');
  });

  test('that is late says for when it was set', () => {
    const notice = 'This reminder comes late. It was set for Monday 30 November at 19:00.';
    const { text, html } = mailOf({}, { isLate: true });
    expect(text).toContain(notice);
    expect(html).toContain(notice);
  });

  test('escapes what users write, and keeps it on its line', () => {
    const title = '<script>alert("x")</script> & \'y\'\r\nBcc: eve@example.com\u2028\u202egnp.exe';
    const { subject, text, html } = mailOf(
      { title, description: '</p><img src=x onerror=alert(1)>' },
      { projectName: '"><b>' },
    );
    expect(subject).toBe('Reminder: <script>alert("x")</script> & \'y\' Bcc: eve@example.com gnp.exe');
    expect(text).not.toMatch(/^Bcc/m);
    expect(html).not.toMatch(/<script|<img|<b>|\u202e/);
    expect(html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39; Bcc: eve');
  });

  test('loads nothing', () => {
    const { html } = mailOf({ description: 'https://example.com' }, { projectName: 'Home' });
    expect(html).not.toMatch(/<(?:img|link|script|iframe)|(?:src|href)=|url\(|@import/i);
  });
});

describe('the notification of a reminder', () => {
  const notificationOf = (
    fields: Partial<ReminderMailInput['task']>,
    more: Partial<ReminderMailInput> = {},
  ) => reminderNotification({ ...reminder, ...more, task: { ...task, ...fields } });

  test('says when the task is due, in the zone and the locale, and its project', () => {
    expect(notificationOf({}, { projectName: 'Home' })).toEqual({
      title: 'Call the plumber',
      body: 'Due: Monday 30 November at 19:30\nProject: Home',
    });
    const german = notificationOf({ due_at: null, start_date: '2026-11-20' }, { locale: 'de' });
    expect(german.body).toBe('Fällig: Montag, 30. November\nBeginn: Freitag, 20. November');
  });

  test('of a task without dates has its description, cut, or nothing', () => {
    const none = { due_at: null, due_date: null };
    expect(notificationOf({ ...none, description: 'Ask for\nMr. Jones.' }).body).toBe('Ask for Mr. Jones.');
    expect(notificationOf({ ...none, description: 'x'.repeat(500) }).body).toHaveLength(200);
    expect(notificationOf(none).body).toBe('');
  });

  test('that is late says so, and a long title is cut between characters', () => {
    const late = notificationOf({ title: '👨‍👩‍👧'.repeat(100) }, { isLate: true });
    expect(late.body.split('\n')[0]).toBe(
      'This reminder comes late. It was set for Monday 30 November at 19:00.',
    );
    expect(late.title).toBe(`${'👨‍👩‍👧'.repeat(24)}…`);
  });
});

describe('text of a user', () => {
  test('is cut between characters, and its broken characters are replaced', () => {
    expect(cleanLine('👨‍👩‍👧'.repeat(10), 20)).toBe(`${'👨‍👩‍👧'.repeat(2)}…`);
    expect(cleanLine(`a${'\u0301'.repeat(99)}`, 20)).toHaveLength(20);
    expect(cleanLine('x\ud800y', 20)).toBe('x\ufffdy');
    expect(cleanLine(' a\t\0b\u0085c ', 20)).toBe('a b c');
  });

  test('of several lines keeps them, but not runs of empty ones', () => {
    expect(cleanLines('a\r\nb\n\n\n\nc\u2029d\u0007', 100)).toBe('a\nb\n\nc\nd');
    expect(cleanLines('x'.repeat(30), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});
