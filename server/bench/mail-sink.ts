/**
 * An SMTP server that counts mails and does nothing else. It sends its port to the process that has forked it, and a
 * report whenever that asks for one.
 */

import { createServer } from 'node:net';

export interface SinkReport {
  count: number;
  /** How many Message-IDs. */
  distinct: number;
  /** Of the last new one, in ms. */
  lastAt: number;
}

const ids = new Set<string>();
let [count, lastAt] = [0, 0];

function take(mail: string): void {
  const id = /^message-id:\s*<([^>]+)/im.exec(mail)?.[1] ?? '';
  count += 1;
  if (ids.has(id)) return;
  ids.add(id);
  lastAt = Date.now();
}

const replies: Readonly<Record<string, string>> = {
  EHLO: '250-sink\r\n250 8BITMIME\r\n',
  DATA: '354 go on\r\n',
  QUIT: '221 bye\r\n',
};

const server = createServer((socket) => {
  let text = '';
  let isData = false;
  socket.setEncoding('utf8').on('error', () => undefined);
  socket.write('220 sink\r\n');
  socket.on('data', (part) => {
    text += part;
    for (;;) {
      const end = text.indexOf(isData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const unit = text.slice(0, end);
      text = text.slice(end + (isData ? 5 : 2));
      if (isData) take(unit);
      const verb = isData ? '' : unit.slice(0, 4).toUpperCase();
      isData = verb === 'DATA';
      socket.write(replies[verb] ?? '250 ok\r\n');
    }
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : 0);
});
process.on('message', () => process.send?.({ count, distinct: ids.size, lastAt } satisfies SinkReport));
process.on('disconnect', () => process.exit());
