import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findChannelsForSending } from '../../src/channels/sending-targets.ts';
import type { Secrets } from '../../src/config/auth.ts';
import { resealSecrets } from '../../src/jobs/reseal-secrets.ts';
import { createPushKeys } from '../../src/senders/push-keys.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { newSubscription } from '../support/senders.ts';
import { newClient } from '../support/tasks.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const newest = randomUUID().repeat(2);
const run = (...secrets: Secrets) =>
  resealSecrets.run(
    { ...app.ctx, config: { ...app.ctx.config, auth: { ...app.ctx.config.auth, secrets } } },
    new AbortController().signal,
  );

test('what an older secret encrypted is encrypted with the newest, and no revision is raised', async () => {
  const { db, config } = app.ctx;
  const [older] = config.auth.secrets;
  const client = await newClient(app);
  const keys = await createPushKeys(db, [older])();
  await client.v1('POST', '/channels', { type: 'webhook', url: 'https://hooks.example/' });
  const push = { type: 'push', endpoint: 'https://push.example/1', keys: newSubscription().keys };
  await client.v1('POST', '/channels', push);
  const read = (...secrets: Secrets) => findChannelsForSending(db, secrets, client.user.id);
  const stateOf = async () =>
    (await sql`select revision from duly.owners where user_id = ${client.user.id}`.execute(db)).rows;
  const [before, state] = [await read(older), await stateOf()];

  expect(await run(older)).toBe(0);
  expect(await run(newest)).toBe(0);
  expect(await run(newest, randomUUID())).toBe(0);
  expect(await run(newest, older)).toBe(3);
  expect(await run(newest, older)).toBe(0);

  expect(await read(newest)).toEqual(before);
  expect(before.map(({ target }) => target)).not.toContain(null);
  expect((await read(older)).map(({ target }) => target)).toEqual([null, null]);
  expect(await createPushKeys(db, [newest])()).toEqual(keys);
  expect(await stateOf()).toEqual(state);
});
