import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestMail } from '../../src/digest/digest-mail.ts';
import type { DigestTask } from '../../src/digest/queries.ts';
import { maxTasks } from '../../src/digest/queries.ts';
import { reminderMail } from '../../src/mail/reminder-mail.ts';
import { chromiumPath, launchBrowser, seriousFindings } from '../support/browser.ts';

if (chromiumPath === undefined) console.warn('skipped: mails in a browser, for want of Chromium in /usr/bin');

const parts = ['overdue', 'today', 'next'] as const;
const hostile =
  '<script>alert("x")</script> & \'y\'\r\nBcc: eve@example.com \u202egnp.exe<img src=x onerror=alert(1)>';
const unbroken = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2);

const tasksOf = (title: string, count: number): DigestTask[] =>
  parts.flatMap((part) =>
    Array.from({ length: count }, (_, index) => ({
      part,
      total: count + 5,
      title,
      priority: index % 2 === 0 ? 'High' : 'Low',
      due_date: `2026-12-0${1 + (index % 7)}`,
      due_at: index % 3 === 0 ? `2026-12-0${1 + (index % 7)}T10:30:00.000Z` : null,
      repeats: true,
      project_name: title,
    })),
  );
const digestOf = (locale: string, tasks: DigestTask[]) =>
  digestMail({
    ...{ locale, tasks, timeZone: 'Europe/Berlin', hour: 7, now: new Date('2026-11-30T06:00:00Z') },
    unsubscribeUrl: `https://duly.example.com/api/v1/digest/unsubscribe?token=${'x'.repeat(90)}&a="b"`,
  });
const reminderOf = (locale: string, title: string) =>
  reminderMail({
    ...{ locale, timeZone: 'Europe/Berlin', projectName: title, scheduledAt: '2026-11-30T06:00:00.000Z' },
    isLate: true,
    task: {
      ...{ title, description: `${title}\n`.repeat(5), priority: 'High', start_date: '2026-11-30' },
      ...{ due_date: '2026-11-30', due_at: '2026-11-30T18:30:00.000Z' },
    },
  });

const mails = {
  'a reminder': reminderOf('en', 'Call the plumber'),
  'a reminder with an unbroken title': reminderOf('de', unbroken),
  'a reminder from right to left': reminderOf('ar', 'الاتصال بالسباك'),
  'a hostile reminder': reminderOf('en', hostile),
  'a digest': digestOf('en', tasksOf('Water the plants', 3)),
  'a full digest of unbroken titles': digestOf('de', tasksOf(unbroken, maxTasks)),
  'a digest of the coming days': digestOf('sv', tasksOf('Water the plants', 1).slice(2)),
  'a digest from right to left': digestOf('he', tasksOf('לשלם חשבון', 3)),
  'a digest in Japanese': digestOf('ja', tasksOf('植物に水をやる', 3)),
  'a hostile digest': digestOf('en', tasksOf(hostile, 3)),
};

describe.each(Object.entries(mails))('%s', (_, { subject, text, html }) => {
  test('has one line of subject, and no control or override characters', () => {
    expect(subject).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    expect(subject.length).toBeLessThanOrEqual(200);
    expect(text + html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });

  test('says the same in the plain part', () => {
    const words = html
      .replace(/^[\s\S]*<main[^>]*>/, '')
      .replaceAll(/<[^>]+>/g, '\n')
      .replaceAll(/&(amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
    for (const line of words.split('\n').map((part) => part.replaceAll(/^ *·|· *$/g, '').trim()))
      expect(text).toContain(line);
  });
});

const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

test('the largest digest is not cut by clients that show 102 kB', () => {
  for (const title of ['&'.repeat(200), '"'.repeat(200), '👨‍👩‍👧'.repeat(25), '\u0915\u094d'.repeat(100)]) {
    const { html } = digestOf('fa', tasksOf(title, maxTasks));
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
  }
});

describe.skipIf(chromiumPath === undefined)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(Object.entries(mails))(
    '%s fits, can be read, and runs and loads nothing',
    async (_, { html }) => {
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [390, 700]) {
          const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
          const events: string[] = [];
          page.on('request', (request) => events.push(request.url()));
          page.on('dialog', (dialog) => events.push(dialog.message()));
          await page.setContent(html);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          expect(await page.evaluate('document.querySelector("main").offsetWidth')).toBeLessThanOrEqual(600);
          expect(await seriousFindings(page, 'body')).toEqual([]);
          expect(events).toEqual([]);
          await page.close();
        }
    },
  );
});
