import { expect, test } from 'vitest';
import { mintToken } from '../../server/test/support/app.ts';
import { startForwarder } from '../../server/test/support/forwarder.ts';
import { createMigratedDatabase, startTestServer } from '../../server/test/support/servers.ts';
import { createDuly, type FeedEvent } from '../src/index.ts';
import { collect, newDuly, useApp } from './support/duly.ts';
import { startLossyProxy } from './support/lossy-proxy.ts';

const app = useApp();
const retry = { attempts: 20, firstWaitMs: 5, maxWaitMs: 20 };

test('over a network that loses every third message, each write is done once', async () => {
  const { duly } = await newDuly(app());
  const { url, lost } = await startLossyProxy(app().url);
  const { token } = await app().newUser();
  const away = createDuly({ url, token, retry });
  const work = async (name: string) => {
    const { id } = await away.tasks.create({ title: name });
    const renamed = await away.tasks.update(id, { title: `${name}, renamed`, version: 1 });
    expect(renamed.version).toBe(2);
    const { task } = await away.tasks.quickAdd({ text: `${name}, quick` });
    await away.tasks.delete(task?.id ?? '', { version: 1 });
    return (await away.tasks.complete(id)).version;
  };
  const versions = await Promise.all(Array.from({ length: 10 }, (_, index) => work(`task ${index}`)));
  expect(lost()).toBeGreaterThan(20);
  expect(versions).toEqual(Array(10).fill(3));
  const near = createDuly({ url: app().url, token });
  expect((await collect(near.tasks.all({ limit: 3 }))).map(({ title }) => title).sort()).toEqual(
    Array.from({ length: 10 }, (_, index) => `task ${index}, renamed`),
  );
  expect((await near.trash.list()).pagination.total).toBe(10);
  expect((await duly.tasks.list()).data).toEqual([]);
});

test('calls and event streams outlive a server that is killed and started again', async () => {
  const DATABASE_URL = await createMigratedDatabase();
  const forwarder = await startForwarder();
  const first = await startTestServer({ DATABASE_URL });
  forwarder.setTarget(Number(new URL(first.url).port));
  const userId = 'ada';
  const duly = createDuly({
    url: `http://127.0.0.1:${forwarder.port}`,
    token: () => mintToken({ sub: userId }),
    retry: { attempts: 1_000, maxWaitMs: 200 },
  });
  const stop = new AbortController();
  const events = duly.events({ signal: stop.signal });
  const seen: FeedEvent[] = [];
  const nextChange = async (): Promise<string | undefined> => {
    for (;;) {
      const { value } = await events.next();
      if (value === undefined) return undefined;
      seen.push(value);
      if (value.type === 'change' && value.change.type === 'task') return value.change.task?.title;
    }
  };
  expect((await events.next()).value).toMatchObject({ type: 'ready', isReset: false });
  await duly.tasks.create({ title: 'before' });
  expect(await nextChange()).toBe('before');

  first.child.kill('SIGKILL');
  await first.ended;
  const writing = duly.tasks.create({ title: 'while it was down' });
  const reading = nextChange();
  const second = await startTestServer({ DATABASE_URL });
  forwarder.setTarget(Number(new URL(second.url).port));
  expect((await writing).title).toBe('while it was down');
  expect(await reading).toBe('while it was down');
  expect(seen.filter(({ type }) => type === 'ready')).toMatchObject([{ isReset: false }]);
  expect((await duly.tasks.list()).pagination.total).toBe(2);
  const last = nextChange();
  stop.abort();
  expect(await last).toBeUndefined();
});
