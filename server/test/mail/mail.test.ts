import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createMailer, type Mail } from '../../src/mail/mailer.ts';
import { startApp } from '../support/app.ts';
import { startMailServer } from '../support/mail.ts';
import { patience } from '../support/patience.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const auth = { BETTER_AUTH_SECRET: 'k2Jv9xQ4mZr8Lw1Tn6Yc3Hs7Pd5Fg0Ba' };
const production = { NODE_ENV: 'production', JWT_ISSUER: 'https://a.example', JWT_AUDIENCE: 'duly' };
const letter: Mail = { to: 'ada@example.com', subject: 'A letter', text: 'First line\nSecond line\n' };

/** A mailer with these settings, and its log lines. */
function mailerWith(env: Record<string, string>) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line)) });
  const mailer = createMailer(readConfig({ ...auth, ...env }), log);
  cleanUp.push(() => mailer.close());
  return { mailer, lines };
}

async function mailServer(...options: Parameters<typeof startMailServer>) {
  const server = await startMailServer(...options);
  cleanUp.push(() => server.close());
  return server;
}

test('a mail arrives as plain text from the sender of the settings', async () => {
  const server = await mailServer();
  const { mailer } = mailerWith(server.settings);
  mailer.send(letter);
  const { to, head, body } = await server.next('ada@example.com', 'A letter');
  expect(to).toEqual(['ada@example.com']);
  expect(head).toMatch(/^From: Duly <duly@example.com>$/m);
  expect(head).toMatch(/^Content-Type: text\/plain/m);
  expect(body.replaceAll('\r\n', '\n')).toBe('First line\nSecond line\n');
});

test('one that is put off is tried again, one that is refused for good is not', async () => {
  const tries: string[] = [];
  const server = await mailServer({
    onRcptTo({ address }, _session, done) {
      tries.push(address);
      const responseCode = address.startsWith('gone') ? 550 : 451;
      const isFine = responseCode === 451 && tries.filter((one) => one === address).length > 1;
      done(isFine ? undefined : Object.assign(new Error(`no ${address}`), { responseCode }));
    },
  });
  const { mailer, lines } = mailerWith(server.settings);
  mailer.send({ ...letter, to: 'gone@example.com' });
  mailer.send(letter);
  await server.next('ada@example.com', 'A letter');
  expect(tries.sort()).toEqual(['ada@example.com', 'ada@example.com', 'gone@example.com']);
  expect(lines).toEqual([
    {
      level: 40,
      code: 'EENVELOPE',
      response_code: 550,
      msg: 'a mail could not be delivered',
    },
  ]);
});

test('a password is not sent to a server without TLS', async () => {
  const commands: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      commands.push(String(data));
      socket.write(String(data).startsWith('EHLO') ? '250-hello\r\n250 AUTH PLAIN LOGIN\r\n' : '500 no\r\n');
    });
    socket.on('error', () => undefined);
    socket.write('220 hello\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { mailer, lines } = mailerWith({
    SMTP_URL: `smtp://duly:hush-hush@127.0.0.1:${port}`,
    MAIL_FROM: 'a@example.com',
  });
  mailer.send(letter);
  await vi.waitFor(() => expect(commands.join('')).toMatch(/STARTTLS/), patience);
  await mailer.close();
  expect(commands.join('')).not.toMatch(/AUTH /);
  expect(JSON.stringify(lines)).not.toContain('hush');
});

test('no character of an address makes it two, or a header', async () => {
  const server = await mailServer();
  const { mailer } = mailerWith(server.settings);
  for (const to of ['ada@example.com, evil@example.com', 'ada@example.com\r\nBcc: evil@example.com']) {
    mailer.send({ ...letter, to, subject: 'A\r\nBcc: evil@example.com' });
  }
  mailer.send({ ...letter, to: 'last@example.com' });
  await server.next('last@example.com', 'A letter');
  await mailer.close();
  for (const { to, head } of server.received) {
    expect(to).not.toContain('evil@example.com');
    expect(head).not.toMatch(/^Bcc:/m);
  }
});

describe('without a mail server', () => {
  test('in development a mail is a line of the log', () => {
    const { mailer, lines } = mailerWith({});
    mailer.send(letter);
    expect(lines).toEqual([{ level: 30, mail: letter, msg: 'mail' }]);
    expect(() => mailer.requireDelivery()).not.toThrow();
  });

  test('in production nothing is sent or logged, and one warning says so', () => {
    const { mailer, lines } = mailerWith(production);
    mailer.send(letter);
    mailer.send(letter);
    expect(lines.splice(0)).toEqual([{ level: 40, msg: expect.stringMatching(/^SMTP_URL is not set/) }]);
    expect(() => mailer.requireDelivery()).toThrow('cannot send mail');
    expect(lines).toEqual([{ level: 40, msg: expect.stringMatching(/^a mail was asked for/) }]);
  });
});

describe('a mail server that fails', () => {
  /** Accepts connections and never responds. */
  async function silentServer() {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUp.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    return { server, settings: { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'a@example.com' } };
  }

  test('holds up neither requests nor the end of the server, and what is not delivered is said', async () => {
    const { server, settings } = await silentServer();
    const app = await startApp(settings);
    const warned = vi.spyOn(app.ctx.log, 'warn');
    const connected = once(server, 'connection');
    const names = { first_name: 'A\r\nBcc: evil@example.com', last_name: '<script>' };
    const body = { email: 'ada@example.com', password: 'gentle-otter-42', ...names };
    expect((await app.request('POST', '/api/v1/auth/register', { body })).status).toBe(201);
    const reset = { email: body.email };
    expect((await app.request('POST', '/api/v1/auth/password-reset', { body: reset })).status).toBe(202);
    await connected;
    await app.close();
    expect(warned).toHaveBeenCalledWith(
      { count: expect.any(Number) },
      'stopped with mail that was not delivered',
    );
  });
});
