import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secret } from '../../server/test/support/app.ts';
import { hasChromium, launchChromium } from '../../server/test/support/chromium.ts';
import { afterTest } from '../../server/test/support/clean-up.ts';
import { freePort, responseStatus, waitUntil } from '../../server/test/support/process.ts';
import {
  createMigratedDatabase,
  newDataDirectory,
  startTestServer,
} from '../../server/test/support/servers.ts';
import { root } from '../../server/test/support/sources.ts';

/** Duly with these settings, and the example as a process of its own. */
async function start(example: string, settings: (url: string) => Record<string, string>) {
  const PORT = String(await freePort());
  const url = `http://localhost:${PORT}`;
  const data = { DATABASE_URL: await createMigratedDatabase(), DATA_DIR: await newDataDirectory() };
  const duly = await startTestServer({ ...data, ...settings(url) });
  const { PATH = '' } = process.env;
  const env = { PATH, PORT, DULY_URL: duly.url, BETTER_AUTH_SECRET: secret, FRONT_END_SECRET: secret };
  const child = spawn(process.execPath, [join(root, 'examples', example, 'server.mjs')], {
    env,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  afterTest.push(async () => {
    child.kill();
    await ended;
  });
  await waitUntil(async () => (await responseStatus(url)) === 200);
  return { url, duly: duly.url };
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin },
    body: JSON.stringify(body),
  });
const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';
const statusOf = async (url: string, token: string) =>
  (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;

const jwksSettings = (url: string) => ({
  JWKS_URL: `${url}/api/auth/jwks`,
  JWT_ISSUER: url,
  JWT_AUDIENCE: url,
});
const secretSettings = (url: string) => ({ JWT_ISSUER: url, JWT_AUDIENCE: 'duly' });

test('the tokens of a Better Auth of its own are accepted by its public keys', async () => {
  const { url, duly } = await start('better-auth-jwks', jwksSettings);
  const person = { email: 'ada@example.com', password: 'gentle-otter-42', name: 'Ada' };
  const signedUp = await post(`${url}/api/auth/sign-up/email`, person);
  expect(signedUp.status).toBe(200);
  const answer = await fetch(`${url}/api/auth/token`, { headers: { cookie: cookieOf(signedUp) } });
  const { token }: { token: string } = JSON.parse(await answer.text());
  expect(await statusOf(`${duly}/api/me/tasks`, token)).toBe(200);
  expect(await statusOf(`${duly}/api/somebody/tasks`, token)).toBe(403);
});

test('tokens that are signed with the shared secret are accepted', async () => {
  const { url, duly } = await start('shared-secret', secretSettings);
  expect(await responseStatus(`${url}/duly-token`)).toBe(401);
  const signedIn = await post(`${url}/sign-in`, { name: 'ada', password: 'gentle-otter-42' });
  expect(signedIn.status).toBe(204);
  expect((await post(`${url}/sign-in`, { name: 'ada', password: 'another' })).status).toBe(401);
  const answer = await fetch(`${url}/duly-token`, { headers: { cookie: cookieOf(signedIn) } });
  const token = await answer.text();
  expect(await statusOf(`${duly}/api/ada/tasks`, token)).toBe(200);
  expect(await statusOf(`${duly}/api/bob/tasks`, token)).toBe(403);
});

if (!hasChromium) console.warn('skipped: the pages of the examples, for want of Chromium in /usr/bin');

test.skipIf(!hasChromium).each([
  ['better-auth-jwks', jwksSettings, { email: 'ada@example.com' }],
  ['shared-secret', secretSettings, { name: 'ada' }],
])('the page of %s signs in, and shows a task', async (example, settings, fields) => {
  const { url } = await start(example, settings);
  const browser = await launchChromium();
  afterTest.push(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  for (const [name, value] of Object.entries({ ...fields, password: 'gentle-otter-42' }))
    await page.fill(`[name=${name}]`, value);
  await page.click('button');
  await page.waitForSelector('li');
  expect(await page.locator('li').allTextContents()).toEqual(['My first task']);
});
