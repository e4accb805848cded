// A front end with sessions of its own that signs Duly's tokens with the shared secret (HS256). The secret stays on
// this server. Accounts and sessions are in memory, and the first sign-in with a name creates the account: bring your
// own sign-in.
import { randomUUID, scryptSync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { SignJWT } from 'jose';

const { PORT = '3000', DULY_URL = 'http://localhost:8000', BETTER_AUTH_SECRET = '' } = process.env;
const issuer = `http://localhost:${PORT}`;
const secret = new TextEncoder().encode(BETTER_AUTH_SECRET);
const accounts = new Map();
const sessions = new Map();

/** Makes the account at the first sign-in. @returns the id of a session; null for a wrong password */
function signIn({ name, password }) {
  const account = accounts.get(name) ?? { salt: randomUUID() };
  const hash = scryptSync(String(password), account.salt, 32);
  if (account.hash !== undefined && !timingSafeEqual(account.hash, hash)) return null;
  accounts.set(name, { ...account, hash });
  const id = randomUUID();
  sessions.set(id, name);
  return id;
}

/** Lives for minutes: the page asks for one whenever it calls. */
const dulyToken = (userId) =>
  new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(userId)
    .setIssuer(issuer)
    .setAudience('duly')
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(secret);

const page = readFileSync(new URL('index.html', import.meta.url), 'utf8').replace('DULY_URL', DULY_URL);

async function answer(req, res) {
  const [, session = ''] = /\bsession=([\w-]+)/.exec(req.headers.cookie ?? '') ?? [];
  if (req.method === 'POST' && req.url === '/sign-in') {
    const id = signIn(await json(req));
    const cookie = id === null ? {} : { 'set-cookie': `session=${id}; HttpOnly; SameSite=Lax; Path=/` };
    res.writeHead(id === null ? 401 : 204, cookie).end();
  } else if (req.url === '/duly-token') {
    const userId = sessions.get(session);
    if (userId === undefined) res.writeHead(401).end();
    else res.writeHead(200, { 'cache-control': 'no-store' }).end(await dulyToken(userId));
  } else res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
}

createServer((req, res) => {
  answer(req, res).catch(() => res.writeHead(400).end());
}).listen(Number(PORT), 'localhost', () => console.log(`front end on ${issuer}`));
