import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { inTransaction } from '../../src/db/transaction.ts';
import { advanceDigest, findDueDigests, findNextDigestAt } from '../../src/digest/schedule.ts';
import { fireDigests } from '../../src/worker/digests.ts';
import { type RegisteredAccount, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { countLockWaits } from '../support/lock-waits.ts';
import { patience } from '../support/patience.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const { now } = Date;
const hourMs = 3_600_000;
const inHours = (hours: number) => new Date(now() + hours * hourMs);

async function newReader(profile: object, isVerified = true): Promise<RegisteredAccount> {
  const account = await registerAccount(app);
  if (isVerified)
    await sql`update better_auth."user" set "emailVerified" = true where id = ${account.id}`.execute(
      app.ctx.db,
    );
  await patch(account, profile);
  return account;
}
const patch = async ({ send, token }: RegisteredAccount, profile: object) =>
  expect((await send(token, 'PATCH', '', profile)).status).toBe(200);

async function nextOf({ id }: RegisteredAccount): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select digest_next_at as at from duly.profiles where user_id = ${id}`.execute(app.ctx.db);
  return rows[0]?.at ?? null;
}
const hourIn = (zone: string, instant: Date | null) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(instant ?? 0);

const setDue = ({ id }: RegisteredAccount, at: Date) =>
  sql`update duly.profiles set digest_next_at = ${at} where user_id = ${id}`.execute(app.ctx.db);
const advance = ({ id }: RegisteredAccount, at: Date) =>
  inTransaction(app.ctx.db, (tx) => advanceDigest(tx, id, at));

describe('the time of the next digest', () => {
  test('is set with the hour, moves with hour and zone, and ends with the hour', async () => {
    const reader = await newReader({ digest_hour: 7, time_zone: 'Europe/Berlin' });
    expect(hourIn('Europe/Berlin', await nextOf(reader))).toBe('07:00');
    await patch(reader, { time_zone: 'Asia/Kolkata' });
    expect(hourIn('Asia/Kolkata', await nextOf(reader))).toBe('07:00');
    await patch(reader, { digest_hour: 22 });
    const at = await nextOf(reader);
    expect(hourIn('Asia/Kolkata', at)).toBe('22:00');
    expect(at?.getTime()).toBeGreaterThan(now());
    expect(at?.getTime()).toBeLessThanOrEqual(now() + 24 * hourMs);
    await patch(reader, { locale: 'de', first_name: 'Augusta' });
    expect(await nextOf(reader)).toEqual(at);
    await patch(reader, { digest_hour: null });
    expect(await nextOf(reader)).toBeNull();
  });

  test.each([24, -1, 7.5, '7'])('refuses the hour %j', async (digest_hour) => {
    const { send, token } = await registerAccount(app);
    const { status, body } = await send(token, 'PATCH', '', { digest_hour });
    expect([status, body.errors[0].loc]).toEqual([422, ['body', 'digest_hour']]);
  });
});

describe('a digest that is due', () => {
  test('is found, and had once; the next one comes at the same hour tomorrow', async () => {
    const reader = await newReader({ digest_hour: 0 });
    const noon = new Date(`${inHours(24).toISOString().slice(0, 10)}T12:00:00.000Z`);
    const midnight = `${noon.toISOString().slice(0, 10)}T00:00:00.000Z`;
    expect(await nextOf(reader)).toEqual(new Date(midnight));
    expect(await findNextDigestAt(app.ctx.db)).toBe(midnight);
    expect(await findDueDigests(app.ctx.db, new Date(), 10)).not.toContain(reader.id);
    expect(await findDueDigests(app.ctx.db, noon, 10)).toContain(reader.id);
    const before = await revisionOf(reader);
    expect(await advance(reader, noon)).toBe(midnight);
    expect(await advance(reader, noon)).toBeNull();
    expect(await nextOf(reader)).toEqual(new Date(Date.parse(midnight) + 24 * hourMs));
    expect(await findDueDigests(app.ctx.db, noon, 10)).not.toContain(reader.id);
    expect(await revisionOf(reader)).toBe(before);
    await patch(reader, { digest_hour: 23 });
    expect((await nextOf(reader))?.toISOString()).toBe(
      `${new Date(Date.parse(midnight) + 24 * hourMs).toISOString().slice(0, 10)}T23:00:00.000Z`,
    );
  });

  test('is had by one of two workers, and again if the transaction of the first is undone', async () => {
    const reader = await newReader({ digest_hour: 0 });
    const later = inHours(30);
    const first = Promise.withResolvers<void>();
    const held = Promise.withResolvers<string | null>();
    const failing = inTransaction(app.ctx.db, async (tx) => {
      held.resolve(await advanceDigest(tx, reader.id, later));
      await first.promise;
      throw new Error('the process was stopped');
    });
    expect(await held.promise).not.toBeNull();
    const others = [advance(reader, later), advance(reader, later)];
    await vi.waitFor(async () => expect(await countWaiting()).toBe(2), patience);
    first.resolve();
    await expect(failing).rejects.toThrow('the process was stopped');
    const got = await Promise.all(others);
    expect(got.filter((at) => at !== null)).toEqual([await held.promise]);
  });

  test('of an earlier date is left out after a downtime, and comes at the next hour', async () => {
    const hour = 22;
    const reader = await newReader({ digest_hour: hour });
    const date = inHours(24 * 5)
      .toISOString()
      .slice(0, 10);
    await setDue(reader, inHours(1));
    expect(await advance(reader, new Date(`${date}T04:00:00Z`))).toBeNull();
    expect(await nextOf(reader)).toEqual(new Date(`${date}T22:00:00Z`));
    expect(await advance(reader, new Date(`${date}T23:00:00Z`))).toBe(`${date}T22:00:00.000Z`);
  });

  test('of a zone that the runtime does not know waits for a day, and holds up no others', async () => {
    const [stuck, other] = [await newReader({ digest_hour: 0 }), await newReader({ digest_hour: 0 })];
    await sql`update duly.profiles set time_zone = 'Mars/Olympus' where user_id = ${stuck.id}`.execute(
      app.ctx.db,
    );
    // Each at a time of the present date: midnight was before.
    for (const reader of [stuck, other]) await setDue(reader, new Date());
    const { deliveries } = await inTransaction(app.ctx.db, fireDigests);
    const firedFor = deliveries.map(({ userId }) => userId);
    expect([firedFor.includes(stuck.id), firedFor.includes(other.id)]).toEqual([false, true]);
    expect((await nextOf(stuck))?.getTime()).toBeGreaterThan(now() + 23 * hourMs);
    await patch(stuck, { time_zone: 'UTC' });
    expect(hourIn('UTC', await nextOf(stuck))).toBe('00:00');
  });

  test('is not to be sent to an address that is not verified, or to a banned user, and moves on', async () => {
    const unverified = await newReader({ digest_hour: 0 }, false);
    const banned = await newReader({ digest_hour: 0 });
    await sql`insert into duly.user_access (user_id, banned_at) values (${banned.id}, now())`.execute(
      app.ctx.db,
    );
    for (const reader of [unverified, banned]) {
      const before = (await nextOf(reader))?.getTime() ?? 0;
      expect(await advance(reader, inHours(30))).toBeNull();
      expect((await nextOf(reader))?.getTime()).toBeGreaterThan(before);
    }
  });
});

async function revisionOf({ id }: RegisteredAccount) {
  const { rows } = await sql<{ revision: number }>`
    select revision::int from duly.owners where user_id = ${id}`.execute(app.ctx.db);
  return rows[0]?.revision;
}

const countWaiting = () => countLockWaits((text) => sql.raw(text).execute(app.ctx.db));
