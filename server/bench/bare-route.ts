/**
 * Upper bound of a cached list in Fastify: the route verifies the token, then sends the same bytes each time. Runs in a
 * process of its own. Its arguments: the secret, the body's length in bytes, and `cached` to cache verified tokens.
 */

import Fastify from 'fastify';
import { jwtVerify } from 'jose';

const [secret = '', bodyBytes = '0', tokens] = process.argv.slice(2);
const key = new TextEncoder().encode(secret);
const verified = new Map<string, string>();

async function verify(authorization: string): Promise<string> {
  const known = verified.get(authorization);
  if (known !== undefined) return known;
  const { payload } = await jwtVerify(authorization.slice('Bearer '.length), key, { algorithms: ['HS256'] });
  const { sub = '' } = payload;
  if (tokens === 'cached') verified.set(authorization, sub);
  return sub;
}

/** The body is padded to the given length. */
const frame = JSON.stringify({ data: '' });
const body = Buffer.from(JSON.stringify({ data: 'x'.repeat(Math.max(0, Number(bodyBytes) - frame.length)) }));

const app = Fastify();
app.get<{ Params: { user_id: string } }>('/api/v1/users/:user_id/tasks', async (request, reply) => {
  const userId = await verify(request.headers.authorization ?? '');
  if (userId !== request.params.user_id) return reply.status(403).send();
  return reply.type('application/json; charset=utf-8').send(body);
});
process.on('disconnect', () => process.exit());
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }));
