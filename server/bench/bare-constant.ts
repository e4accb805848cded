/**
 * Upper bound of any response in Node: `node:http` sends the same bytes each time, and reads nothing of the request.
 * Runs in a process of its own; its argument is the body's length in bytes.
 */

import { createServer } from 'node:http';

const [bodyBytes = '0'] = process.argv.slice(2);
const frame = JSON.stringify({ data: '' });
const body = Buffer.from(JSON.stringify({ data: 'x'.repeat(Math.max(0, Number(bodyBytes) - frame.length)) }));
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };

const server = createServer((_, response) => {
  response.writeHead(200, headers).end(body);
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(`http://127.0.0.1:${address?.port}`);
});
