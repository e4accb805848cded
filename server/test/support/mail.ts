import { EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { patience } from './patience.ts';

export interface ReceivedMail {
  /** Recipients of the SMTP envelope. */
  to: string[];
  /** The header section as received. */
  head: string;
  body: string;
  /** Path, query and fragment of the link in the body; empty if there is none. */
  link: string;
}

const decodeQuotedPrintable = (body: string) =>
  body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function parse(message: string, to: string[]): ReceivedMail {
  const [head = '', ...rest] = message.split('\r\n\r\n');
  const raw = rest.join('\r\n\r\n');
  const body = /^Content-Transfer-Encoding: quoted-printable/im.test(head) ? decodeQuotedPrintable(raw) : raw;
  const url = /https?:\/\/\S+/.exec(body)?.[0];
  const { pathname, search, hash } = new URL(url ?? 'http://none');
  return { to, head, body, link: url === undefined ? '' : pathname + search + hash };
}

/** A real SMTP server on a free port. By default it has no TLS and accepts every mail. */
export async function startMailServer(options: SMTPServerOptions = {}) {
  const received: ReceivedMail[] = [];
  const arrivals = new EventEmitter();
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    disabledCommands: ['AUTH'],
    async onData(stream, session, done) {
      const to = session.envelope.rcptTo.map(({ address }) => address);
      received.push(parse(await text(stream), to));
      arrivals.emit('mail');
      done();
    },
    ...options,
  });
  // Some tests disconnect during a mail.
  server.on('error', () => undefined);
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const settings = { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'Duly <duly@example.com>' };
  return {
    port,
    settings,
    received,
    /** Removes and returns the first mail to this address with the text in its subject. Waits for it. */
    async next(to: string, subject: string): Promise<ReceivedMail> {
      const signal = AbortSignal.timeout(patience.timeout);
      for (;;) {
        const index = received.findIndex(
          (mail) => mail.to.includes(to) && mail.head.includes(`Subject: ${subject}`),
        );
        const [mail] = index < 0 ? [] : received.splice(index, 1);
        if (mail !== undefined) return mail;
        await once(arrivals, 'mail', { signal });
      }
    },
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

export type MailServer = Awaited<ReturnType<typeof startMailServer>>;
