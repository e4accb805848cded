import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SendResult } from '../../src/senders/model.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { startMailServer } from '../support/mail.ts';
import { newMessage, sendersWith } from '../support/senders.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const never = new AbortController().signal;
const target = { type: 'email', address: 'ada@example.com' } as const;
const refusal = (error: string, status: number | null, isPermanent = false): SendResult =>
  ({ outcome: 'failed', error, status, isPermanent }) as SendResult;

function newSenders(env: Record<string, string>) {
  const made = sendersWith(env, app.ctx.db);
  cleanUp.push(() => made.senders.close());
  return made;
}

async function mailServer(options?: SMTPServerOptions) {
  const server = await startMailServer(options);
  cleanUp.push(() => server.close());
  return server;
}

test('a mail has both parts, the id of its delivery, and the headers of its message', async () => {
  const server = await mailServer();
  const { senders } = newSenders(server.settings);
  const message = newMessage();
  expect(await senders.send(target, message, never)).toEqual({ outcome: 'sent', status: 250 });
  const { to, head, body } = await server.next('ada@example.com', 'Water the plants');
  expect(to).toEqual(['ada@example.com']);
  expect(head).toContain(`Message-ID: <${message.id}@example.com>`);
  expect(head).toContain('Auto-Submitted: auto-generated');
  expect(head).toContain('List-Unsubscribe: <https://duly.example/unsubscribe>');
  expect(head).toMatch(/^Content-Type: multipart\/alternative/m);
  expect(body).toMatch(/text\/plain.+Due at 18:00.+text\/html.+<p>Due at <b>18:00<\/b><\/p>/s);
});

test('mails share at most ten connections', async () => {
  let connections = 0;
  const server = await mailServer({
    onConnect(_session, done) {
      connections += 1;
      done();
    },
  });
  const { senders } = newSenders(server.settings);
  const sent = await Promise.all(
    Array.from({ length: 200 }, () => senders.send(target, newMessage(), never)),
  );
  expect(sent.filter(({ outcome }) => outcome === 'sent')).toHaveLength(200);
  expect(server.received).toHaveLength(200);
  expect(connections).toBeLessThanOrEqual(10);
});

describe('a refused mail', () => {
  const withCode = (responseCode: number) => Object.assign(new Error('no ada@example.com'), { responseCode });

  test.each([
    [550, true],
    [452, false],
    [503, false],
  ])('%i for the recipient: permanent is %s', async (code, isPermanent) => {
    const server = await mailServer({ onRcptTo: (_address, _session, done) => done(withCode(code)) });
    const { senders, lines } = newSenders(server.settings);
    const result = await senders.send(target, newMessage(), never);
    expect(result).toEqual(refusal('smtp_status', code, isPermanent));
    expect(JSON.stringify(lines)).not.toContain('ada@example.com');
  });

  test.each([
    [554, true],
    [451, false],
  ])('%i for its content: permanent is %s', async (code, isPermanent) => {
    const server = await mailServer({
      onData(stream, _session, done) {
        stream.resume().on('end', () => done(withCode(code)));
      },
    });
    const { senders } = newSenders(server.settings);
    expect(await senders.send(target, newMessage(), never)).toEqual(
      refusal('smtp_status', code, isPermanent),
    );
  });

  test('550 for the sender is a fault of the settings: not permanent', async () => {
    const server = await mailServer({ onMailFrom: (_address, _session, done) => done(withCode(550)) });
    const { senders } = newSenders(server.settings);
    expect(await senders.send(target, newMessage(), never)).toEqual(refusal('smtp_status', 550));
  });
});

describe('a mail server that is not there', () => {
  test('refuses connections: connection', async () => {
    const server = await startMailServer();
    await server.close();
    const { senders } = newSenders(server.settings);
    expect(await senders.send(target, newMessage(), never)).toEqual(refusal('connection', null));
  });

  test('never greets: the signal ends the attempt', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanUp.push(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    const { senders } = newSenders({ SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'a@example.com' });
    const stop = new AbortController();
    const result = senders.send(target, newMessage(), stop.signal);
    const [socket] = await once(silent, 'connection');
    const closed = once(socket, 'close');
    stop.abort();
    expect(await result).toEqual(refusal('timeout', null));
    await closed;
  });

  test('closes an idle connection: the next mail is sent by a new one', async () => {
    let connections = 0;
    const closed = Promise.withResolvers<void>();
    const server = await mailServer({
      socketTimeout: 1_500,
      onConnect(_session, done) {
        connections += 1;
        done();
      },
      onClose: () => closed.resolve(),
    });
    const { senders } = newSenders(server.settings);
    expect(await senders.send(target, newMessage(), never)).toMatchObject({ outcome: 'sent' });
    await closed.promise;
    expect(await senders.send(target, newMessage(), never)).toMatchObject({ outcome: 'sent' });
    expect(connections).toBe(2);
  });
});

describe('without a mail server', () => {
  test('in development the mail is a line of the log, and counts as sent', async () => {
    const { senders, lines } = newSenders({});
    expect(await senders.send(target, newMessage(), never)).toEqual({ outcome: 'sent', status: null });
    const mail = { to: 'ada@example.com', subject: 'Water the plants', text: 'Due at 18:00\n' };
    expect(lines).toEqual([{ level: 30, mail, msg: 'mail' }]);
  });

  test('in production it is not configured', async () => {
    const { senders, lines } = newSenders({ NODE_ENV: 'production' });
    expect(await senders.send(target, newMessage(), never)).toEqual(refusal('not_configured', null));
    expect(lines).toEqual([]);
  });
});
