import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterTest } from './clean-up.ts';
import { startMailServer } from './mail.ts';

export interface MailSink {
  settings: Record<string, string>;
  /** How often each message arrived, by its Message-ID. */
  arrivals: ReadonlyMap<string, number>;
  /** Calls back at each arrival. */
  onArrival(callback: (count: number) => void): void;
}

/**
 * An SMTP server that counts mails until the end of the test.
 * @param delayMs how long it takes for each
 * @param refuse the text of an error for a recipient; null: accepted
 */
export async function startMailSink(
  delayMs = 0,
  answer: (address: string) => Promise<Error | null> = async () => null,
): Promise<MailSink> {
  const arrivals = new Map<string, number>();
  let notify = (_count: number) => {};
  let count = 0;
  const server = await startMailServer({
    maxClients: 200,
    onRcptTo({ address }, _session, done) {
      void answer(address).then((error) => done(error));
    },
    async onData(stream, _session, done) {
      // A client that is killed ends in the middle of a mail.
      const mail = await text(stream).catch(() => null);
      if (mail === null) return;
      const id = /^message-id:\s*<([^@>]+)/im.exec(mail)?.[1] ?? '';
      await sleep(delayMs);
      arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
      count += 1;
      notify(count);
      done();
    },
  });
  afterTest.push(() => server.close());
  return {
    settings: server.settings,
    arrivals,
    onArrival(callback) {
      notify = callback;
    },
  };
}

/** Resolves at so many arrivals. */
export const whenArrived = (sink: MailSink, wanted: number): Promise<void> =>
  new Promise((resolve) => sink.onArrival((count) => count >= wanted && resolve()));

/** How many mails arrived more than once, each as often as it did. */
export const repeatsIn = ({ arrivals }: MailSink): number =>
  [...arrivals.values()].reduce((sum, count) => sum + count - 1, 0);
