import { text } from 'node:stream/consumers';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeMime } from '../../src/mail/mime.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { afterTest } from '../support/clean-up.ts';
import { startMailServer } from '../support/mail.ts';
import { seeded } from '../support/random.ts';
import { newMessage, sendersWith } from '../support/senders.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const mail = {
  from: 'Duly <no-reply@example.com>',
  to: 'ada@example.com',
  subject: 'Water the plants',
  text: 'Due at 18:00\n',
  html: '<p>Due at 18:00</p>\n',
  messageId: 'b1c0ffee-0000-4000-8000-000000000000@example.com',
  date: new Date('2026-11-28T05:06:07Z'),
  headers: {},
};

/** The parser ends each part with a line break of its own. */
async function parse(raw: string | Buffer) {
  const { text = '', html = '', ...rest } = await PostalMime.parse(raw);
  return { ...rest, text: text.replace(/\n$/, ''), html: html.replace(/\n$/, '') };
}

const read = (changes: Partial<typeof mail>) => parse(composeMime({ ...mail, ...changes }));

test('a mail has its headers and both parts', async () => {
  const { from, to, subject, text, html, messageId, date, headers } = await read({});
  expect([from, to]).toMatchObject([
    { address: 'no-reply@example.com', name: 'Duly' },
    [{ address: 'ada@example.com' }],
  ]);
  expect([subject, text, html]).toEqual([mail.subject, mail.text, mail.html]);
  expect([messageId, date]).toEqual([`<${mail.messageId}>`, '2026-11-28T05:06:07.000Z']);
  expect(headers.find(({ key }) => key === 'content-type')?.value).toMatch(/^multipart\/alternative/);
});

const subjects = [
  'Grüße aus Köln',
  '電気料金を払う'.repeat(20),
  'a'.repeat(200),
  'not =?UTF-8?B?encoded?= yet',
  '👩‍👩‍👧 family',
  'tab\tand "quotes", commas; colons:',
];

test.each(subjects)('the subject %j arrives as it is, in lines of at most 78 characters', async (subject) => {
  expect((await read({ subject })).subject).toBe(subject.replace('\t', ' '));
  const head =
    composeMime({ ...mail, subject })
      .toString()
      .split('\r\n\r\n')[0] ?? '';
  for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
});

test('no value adds a header or a recipient', async () => {
  const evil = 'x\r\nBcc: eve@example.com\n\nBody\r';
  const found = await read({
    subject: evil,
    to: `ada@example.com\r\nBcc: eve@example.com`,
    headers: { 'X-One': evil },
  });
  expect(found.headers.map(({ key }) => key)).not.toContain('bcc');
  expect(found.html).toBe(mail.html);
});

test.each([
  ['no-reply@example.com', '', 'no-reply@example.com'],
  ['Düly & Söhne <no-reply@exämple.com>', 'Düly & Söhne', 'no-reply@xn--exmple-cua.com'],
  ['A. Lovelace (work) <ada@example.com>', 'A. Lovelace (work)', 'ada@example.com'],
])('the sender %j', async (from, name, address) => {
  expect((await read({ from })).from).toMatchObject({ name, address });
});

const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_128);

test(`any text arrives as it is, through a server (seed ${seed})`, async () => {
  const received: string[] = [];
  const server = await startMailServer({
    async onData(stream, _session, done) {
      received.push(await text(stream));
      done();
    },
  });
  afterTest.push(() => server.close());
  const { senders } = sendersWith(server.settings, app.ctx.db);
  afterTest.push(() => senders.close());
  const random = seeded(seed);
  const pieces = [
    '.',
    '..',
    '=',
    '=3D',
    ' ',
    '\t',
    '\n',
    '\n.\n',
    'é',
    '漢字',
    '👍🏽',
    '\u00a0',
    'word',
    '--',
    '<b>',
    'x'.repeat(90),
  ];
  const anyText = () => Array.from({ length: random.below(60) }, () => random.pick(pieces)).join('');
  const target = { type: 'email', address: 'ada@example.com' } as const;
  for (let round = 0; round < 200; round += 1) {
    const parts = { text: `${anyText()}\n`, html: `${anyText()}\n` };
    const message = newMessage();
    const sent = await senders.send(
      target,
      { ...message, mail: { ...message.mail, ...parts } },
      new AbortController().signal,
    );
    expect(sent).toEqual({ outcome: 'sent', status: 250 });
    const raw = received.at(-1) ?? '';
    const found = await parse(raw);
    expect({ text: found.text, html: found.html }).toEqual(parts);
    for (const line of raw.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
  }
});
