// A front end with a Better Auth of its own. Duly accepts the tokens of its `jwt` plugin, whose public keys it fetches
// from here. Accounts are in memory: give Better Auth a database before you keep any.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';

const { PORT = '3000', DULY_URL = 'http://localhost:8000', FRONT_END_SECRET = '' } = process.env;
const baseURL = `http://localhost:${PORT}`;

const auth = betterAuth({
  baseURL,
  secret: FRONT_END_SECRET,
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
  emailAndPassword: { enabled: true },
  // `iss` and `aud` of the tokens are `baseURL`, and `sub` is the user's id.
  plugins: [jwt()],
});

const answerAuth = toNodeHandler(auth);
const page = readFileSync(new URL('index.html', import.meta.url), 'utf8').replace('DULY_URL', DULY_URL);

createServer((req, res) => {
  if (req.url?.startsWith('/api/auth/')) return answerAuth(req, res);
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
}).listen(Number(PORT), 'localhost', () => console.log(`front end on ${baseURL}`));
