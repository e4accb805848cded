/**
 * Lower bound of a list in Node: the list's statement with `node:http` and `pg` alone. No token, validation, log,
 * limits, cursors or `ETag`. Runs in a process of its own; its argument is the database's URL.
 */

import { createServer } from 'node:http';
import pg from 'pg';
import { ownList } from './references.ts';

const [url = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 15 });
const { text, valuesFor } = await ownList();

const server = createServer(async (request, response) => {
  const userId = /\/users\/([^/]+)/.exec(request.url ?? '')?.[1] ?? '';
  const { rows } = await pool.query<{ total: number; items: string }>({
    name: 'list',
    text,
    values: valuesFor(userId),
  });
  const { total = 0, items = '' } = rows[0] ?? {};
  const body = `{"data":[${items.replaceAll('\n', ',')}],"total":${total}}`;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(200, headers).end(body);
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(`http://127.0.0.1:${address?.port}`);
});
