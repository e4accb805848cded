import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { password, registerAccount } from '../support/accounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { findUnfolded } from '../support/folding.ts';
import { operations } from '../support/operations.ts';
import { check, createWorld, pick, type World, warm } from '../support/persist.ts';
import { writeChannel } from '../support/persist-channels.ts';
import { itemTypes, writeItem } from '../support/persist-items.ts';
import {
  type Fields,
  feedTypes,
  freshFields,
  type Kind,
  nouns,
  propertiesOf,
  writableOf,
} from '../support/persist-nouns.ts';
import { fullWrites, newStart, partialWrites } from '../support/persist-ways.ts';
import { seeded } from '../support/random.ts';
import { findFaults } from '../support/stored-tags.ts';
import { recordOperations, usedOperations } from '../support/used-operations.ts';

/** Other values, or those of a failure: `DULY_TEST_SEED=7 npm test -- server/test/repository/persist.test.ts`. */
const seed = Number(process.env.DULY_TEST_SEED ?? 20_261_125);
const random = seeded(seed);

let app: TestApp;
beforeAll(async () => {
  app = recordOperations(await startApp());
});
afterAll(() => app.close());

describe('openapi.json', () => {
  test('has no noun in its change feed that is not written here', () => {
    expect(Object.keys(nouns).sort()).toEqual(feedTypes.toSorted());
  });

  test.each(Object.entries(nouns).filter(([, { bodies }]) => bodies.length > 0))(
    'shows and takes every writable property of a %s everywhere',
    (type, { bodies, answers, notWritten }) => {
      const writable = Object.keys(writableOf(type));
      expect(writable).not.toEqual([]);
      for (const schema of [...bodies, ...answers])
        expect(Object.keys(propertiesOf(schema)), schema).toEqual(expect.arrayContaining(writable));
      const known = bodies.flatMap((schema) => Object.keys(propertiesOf(schema)));
      expect(known).toEqual(expect.arrayContaining([...notWritten]));
    },
  );
});

async function checkWay(write: (typeof fullWrites)[string], kind: Kind): Promise<void> {
  const world = await newStart(app, random);
  await warm(world);
  world.kind = kind;
  await write(world);
  await check(world);
}

describe(`is read by every way out, written by (seed ${seed})`, () => {
  test.each(Object.entries(fullWrites))('%s, with all values', (_, write) => checkWay(write, 'filled'));

  test.each(Object.entries(fullWrites))('%s, null or empty', (_, write) => checkWay(write, 'cleared'));

  test.each(Object.entries(partialWrites))('%s', (_, write) => checkWay(write, 'filled'));
});

test.each(itemTypes)(`a %s is read by every way out (seed ${seed})`, async (type) => {
  for (const kind of ['filled', 'cleared'] as const) {
    const world = await newStart(app, random);
    world.kind = kind;
    await writeItem(world, type, world.places[0]?.project_id);
    await check(world);
  }
});

test(`a channel is read by every way out (seed ${seed})`, async () => {
  for (const kind of ['filled', 'cleared'] as const) {
    const world = await newStart(app, random);
    world.kind = kind;
    await writeChannel(world);
    await check(world);
  }
});

describe('a profile', () => {
  test.each(['filled', 'cleared'] as const)(
    `of a user without an account is read by every way out, with values that are %s (seed ${seed})`,
    async (kind) => {
      const world = await createWorld(app, random);
      for (const next of ['filled', kind] as const) {
        world.kind = next;
        await patchProfile(world);
        await check(world);
      }
    },
  );

  test(`of an account is read by every way out (seed ${seed})`, async () => {
    const admin = await registerAccount(app);
    await sql`update better_auth."user" set role = 'admin' where id = ${admin.id}`.execute(app.ctx.db);
    const { access_token: token } = (await admin.login(password)).body;
    const registration = { email: `${randomUUID()}@example.com`, password };
    const ways = [
      async (names: Fields) => {
        const body = { ...registration, ...names };
        return (await app.request('POST', '/api/v1/auth/register', { body })).body.user;
      },
      async (names: Fields) => {
        const body = { email: `${randomUUID()}@example.com`, ...names };
        return (await app.request('POST', '/api/v1/admin/users', { token, body })).body.data.user;
      },
    ];
    for (const make of ways) {
      const names = pick(freshFields('profile', 'filled', {}, random), accountFields);
      const user = await make(names);
      const world = await createWorld(app, random, user.id);
      const checkAccount = async () => {
        await check(world);
        const { data } = (await app.request('GET', `/api/v1/admin/users/${user.id}`, { token })).body;
        const list = await app.request('GET', '/api/v1/admin/users?limit=100', { token });
        const listed = list.body.data.find(({ id }: Fields) => id === user.id);
        const wanted = pick(world.profile, accountFields);
        expect([data, listed].map((one) => pick(one, accountFields))).toEqual([wanted, wanted]);
      };
      expect(pick(user, accountFields)).toEqual(names);
      world.profile = names;
      await checkAccount();
      await patchProfile(world);
      await checkAccount();
    }
    const { user } = (await app.request('POST', '/api/v1/auth/login', { body: registration })).body;
    const { data } = (await app.request('GET', `/api/v1/admin/users/${user.id}`, { token })).body;
    expect(pick(user, accountFields)).toEqual(pick(data, accountFields));
  });

  /** Fields of a profile that are columns of its account. */
  const accountFields = Object.keys(writableOf('profile')).filter(
    (name) => name in propertiesOf('Registration'),
  );

  async function patchProfile(world: World): Promise<void> {
    const fields = world.fresh('profile', world.profile);
    expect(await world.send('v1', 'PATCH', '', fields)).toMatchObject(fields);
    world.profile = fields;
  }
});

test('no writer of the above forgot the folded text, or the tags on the row', async () => {
  expect(await findUnfolded(app.ctx.db)).toEqual([]);
  expect(await findFaults(app.ctx.db)).toMatchObject({ tasksToStore: 0, faults: [] });
});

/** Operations that neither write nor return a property of a noun. */
const others = [
  ...['getHealth', 'getLiveness', 'getReadiness', 'logout'],
  ...['requestPasswordReset', 'confirmPasswordReset', 'confirmEmailChange', 'changePassword'],
  ...['requestEmailChange', 'sendEmailVerification', 'listSessions', 'endOtherSessions', 'endSession'],
  // `test/export/export.test.ts` compares an export with the rows.
  ...['exportUser', 'eraseUser', 'adminEraseUser'],
  // `test/import` has it as a way in.
  'importTasks',
  ...['testChannel', 'getPushKey', 'listDeliveries', 'unsubscribeDigest'],
  ...['listAudit', 'adminListUserAudit', 'adminListServiceAudit'],
  ...['adminBanUser', 'adminUnbanUser', 'adminSetRole', 'adminCreatePasswordLink'],
  ...['adminListSessions', 'adminEndSessions', 'adminGetLock', 'adminLock', 'adminUnlock', 'adminListFlags'],
  ...['adminCreateInvitation', 'adminListInvitations', 'adminRevokeInvitation'],
];

test('every other operation of openapi.json was used, as a way in or a way out', () => {
  const wanted = operations.map(({ operationId }) => operationId).filter((id) => !others.includes(id));
  expect(wanted.filter((id) => !usedOperations.has(id))).toEqual([]);
  expect(others.filter((id) => usedOperations.has(id))).toEqual([]);
});
