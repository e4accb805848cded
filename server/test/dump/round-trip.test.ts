import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { runCommand } from '../support/backups.ts';
import { afterTest } from '../support/clean-up.ts';
import { urlOf } from '../support/database.ts';
import { newDumpPath, pipeDump, readDumpFile } from '../support/dumps.ts';
import { hasPostgres15, initCluster } from '../support/postgres15.ts';
import { newDataDirectory } from '../support/servers.ts';
import { createTenants, type Tenants } from '../support/tenants.ts';

/** What COPY has to escape, what looks like its marks, and what other encodings would break. */
const hostile = 'a\tb\\tc\\N\\.\n\\.\n\r\n\\\\ "\'`$1 \u0001\u007f\u2028 🧑‍🌾 ﷽ \ufeff e\u0301 \u{10ffff}';
const hugeText = `${hostile}${'🧑‍🌾\t\\'.repeat(80_000)}`;

/** Tables that only seldom have rows, and texts that no request can send. */
async function fillSeldomTables({ app, victim }: Tenants): Promise<void> {
  const { db } = app.ctx;
  const { id: userId, token } = victim;
  await app.request('PATCH', `/api/v1/users/${userId}`, {
    token,
    body: { time_zone: 'Africa/Casablanca' },
  });
  await app.request('DELETE', `/api/v1/users/${userId}/trash/${victim.names.trashed_id}`, { token });
  await sql`update duly.tasks set description = ${hostile} where user_id = ${userId} and id = ${victim.names.task_id}`.execute(
    db,
  );
  await sql`insert into duly.idempotency_keys (user_id, route, key, fingerprint, answer)
    values (${userId}, ${hostile}, 'key', '\\x000a5c09ff', ${JSON.stringify({ hugeText }, null, '\t')})`.execute(
    db,
  );
  await sql`insert into duly.audit_refused (sqlstate, entry) values ('22P05', ${JSON.stringify({ userId, hostile })})`.execute(
    db,
  );
  await sql`insert into duly.revoked_tokens values (${userId}, 'hash', 'infinity')`.execute(db);
  await sql`insert into duly.user_access (user_id, banned_at, ban_reason) values (${randomUUID()}, '2026-03-29 02:30:00.123+02', ${hostile})`.execute(
    db,
  );
  await sql`insert into duly.push_keys (public_key, private_key, created_at) values ('p', ${hostile}, now())`.execute(
    db,
  );
  await sql`insert into duly.service_lock default values`.execute(db);
  await sql`insert into better_auth.verification (id, identifier, value, "expiresAt") values ('v', ${hostile}, 'x', 'infinity')`.execute(
    db,
  );
  await sql`insert into better_auth."twoFactor" (id, secret, "backupCodes", "userId", "lockedUntil") values ('t', 's', ${hostile}, ${userId}, '-infinity')`.execute(
    db,
  );
  await sql`insert into duly.erasures (user_hash, erased_at, content_erased_at) values (repeat('0', 64), now(), now())`.execute(
    db,
  );
  await sql`insert into duly.deliveries (user_id, id, kind, channel_type, scheduled_at, status, created_at)
    values (${userId}, gen_random_uuid(), 'digest', 'email', now(), 'sent', now())`.execute(db);
}

/** The service is another one afterwards: these differ. */
const differing = ['better_auth.session', 'duly.audit', 'duly.audit_heads', 'duly.epoch'];

test.skipIf(!hasPostgres15('a dump that goes round'))(
  'from one database to PostgreSQL 15 and on to an embedded one, every table has equal rows',
  async () => {
    const tenants = await createTenants();
    afterTest.push(() => tenants.close());
    await fillSeldomTables(tenants);
    const first = newDumpPath();
    const source = { DATABASE_URL: urlOf(tenants.app.database.connection), BETTER_AUTH_SECRET: secret };
    const dumped = await runCommand(source, 'dump', first);
    expect([dumped.code, dumped.stdout]).toEqual([0, '']);
    expect((await runCommand(source, 'dump', first)).stderr).toMatch(/which exists: a new name is wanted\n$/);
    const before = await readDumpFile(first);
    const empty = Object.entries(before.end.tables).filter(([, { rows }]) => rows === 0);
    expect(empty.map(([name]) => name)).toEqual([]);

    const cluster = await initCluster();
    await cluster.start();
    await cluster.query('create role app login');
    await cluster.query('create database moved owner app');
    const middle = { DATABASE_URL: cluster.url('app', 'moved'), BETTER_AUTH_SECRET: secret };
    const loaded = await runCommand(middle, 'load', first);
    expect([loaded.code, loaded.stderr]).toEqual([0, '']);
    const last = { DATA_DIR: await newDataDirectory(), BETTER_AUTH_SECRET: secret };
    const piped = await pipeDump(middle, last);
    expect(piped.codes).toEqual([0, 0]);

    const second = newDumpPath();
    expect((await runCommand(last, 'dump', second)).code).toBe(0);
    const after = await readDumpFile(second);
    expect(after.manifest.tables).toEqual(before.manifest.tables);
    for (const [name, digest] of Object.entries(before.end.tables))
      if (!differing.includes(name)) expect([name, after.end.tables[name]]).toEqual([name, digest]);
    const audit = after.text['duly.audit']?.split('\n').filter((row) => !row.includes('service.load'));
    expect(audit).toEqual(before.text['duly.audit']?.split('\n'));
    expect(after.end.tables['better_auth.session']?.rows).toBe(0);
    expect(after.manifest.epoch).not.toBe(before.manifest.epoch);
    expect((await runCommand(last, 'audit', 'verify', '--refused', '1')).code).toBe(0);

    await sql`delete from duly.service_lock`.execute(tenants.app.ctx.db);
  },
);
