import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readCatalog, userColumnOf } from '../../src/db/catalog.ts';
import { streamExport } from '../../src/export/export.ts';
import { readSections } from '../../src/export/sections.ts';
import { tables } from '../../src/user-data.ts';
import type { TestApp } from '../support/app.ts';
import { patience } from '../support/patience.ts';
import { createTenants, secretsOf, type Tenant, type Tenants } from '../support/tenants.ts';

let tenants: Tenants;
let app: TestApp;
let other: Tenant;
beforeAll(async () => {
  tenants = await createTenants();
  ({ app } = tenants);
  other = await tenants.newTenant('the other');
  await app.ctx.auditCounts.flush();
});
afterAll(() => tenants.close());

const pathOf = (id: string, query = '') => `/api/v1/users/${id}/export${query}`;
const exportOf = ({ id, token }: Pick<Tenant, 'id' | 'token'>, query = '') =>
  app.request('GET', pathOf(id, query), { token });

describe('the document', () => {
  test('has every row that the service has of the user, and is as its schema says', async () => {
    const { victim } = tenants;
    const { status, body, headers } = await exportOf(victim);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="duly-export-\d{4}-\d\d-\d\d\.json"$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ format: 'duly-export', version: 1, user_id: victim.id });
    const sections = await readSections(app.ctx.db);
    expect(sections.length).toBeGreaterThan(10);
    for (const { name, table, userColumn } of sections) {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from ${sql.table(table.name)}
        where ${sql.ref(userColumn)} = ${victim.id}`.execute(app.ctx.db);
      expect([name, [body[name] ?? []].flat().length]).toEqual([name, rows[0]?.count]);
    }
    for (const [table, entry] of Object.entries(tables)) {
      const section = sections.find((one) => one.table.name === table);
      if ('noun' in entry && entry.export !== undefined && section !== undefined)
        expect([section.name, [body[section.name]].flat().length]).not.toEqual([section.name, 0]);
    }
  });

  test('has what the user wrote, in the form of responses', async () => {
    const { victim } = tenants;
    const { body } = await exportOf(victim);
    const task = await app.request('GET', `/api/v1/users/${victim.id}/tasks/${victim.names.task_id}`, {
      token: victim.token,
    });
    const { progress: _, completed: __, user_id: ___, reminder_count: ____, ...fields } = task.body.data;
    const exported = body.tasks.find(({ id }: { id: string }) => id === victim.names.task_id);
    expect(exported).toMatchObject(fields);
    expect(body.tasks.some(({ deleted_at }: { deleted_at: string | null }) => deleted_at !== null)).toBe(
      true,
    );
    expect(body.account.email).toBe(victim.names.email);
    expect(body.left_out.map(({ what }: { what: string }) => what)).toEqual(
      expect.arrayContaining(['channels.secret', 'credentials.password', 'second_factors']),
    );
  });

  test('has no secret, no hash of one, and nothing of anybody else', async () => {
    const { victim } = tenants;
    const { text } = await exportOf(victim);
    for (const value of [...secretsOf('the other'), other.id, other.names.email ?? '', other.token])
      expect(text).not.toContain(value);
    const secrets = await secretValuesOf(victim.id);
    expect(secrets.length).toBeGreaterThan(2);
    for (const value of secrets) expect(text).not.toContain(value);
  });

  test('of a user without anything is empty, and of another one refused', async () => {
    const nobody = await app.newUser();
    const { status, body } = await exportOf(nobody);
    expect([status, body.tasks, body.account, body.profile]).toEqual([200, [], null, null]);
    const foreign = await app.request('GET', pathOf(other.id), { token: nobody.token });
    expect(foreign.status).toBe(403);
    expect((await exportOf(nobody, '?format=xml')).status).toBe(422);
  });
});

/** The values of all columns that hold secrets, and what else no export has. */
async function secretValuesOf(userId: string): Promise<string[]> {
  const values: string[] = [];
  for (const table of (await readCatalog(app.ctx.db)).values()) {
    const userColumn = userColumnOf(table);
    const names = table.columns
      .map(({ name }) => name)
      .filter((name) => /token$|password|secret|backupcodes|privatekey|fingerprint|token_hash/i.test(name));
    if (userColumn === null || names.length === 0) continue;
    const columns = sql.join(names.map((name) => sql`${sql.ref(name)}::text`));
    const { rows } = await sql<{ values: (string | null)[] }>`
      select array[${columns}] as values from ${sql.table(table.name)}
      where ${sql.ref(userColumn)} = ${userId}`.execute(app.ctx.db);
    values.push(...rows.flatMap((row) => row.values.filter((value) => value !== null)));
  }
  return values;
}

test('an export that its client does not read is one of its user, and hinders nobody else', async () => {
  const user = await app.newUser();
  await sql`
    with owner as (insert into duly.owners (user_id, revision) values (${user.id}, 1))
    insert into duly.tasks (user_id, title, description, revision)
    select ${user.id}, 'Task ' || number, repeat('x', 900), 1 from generate_series(1, 3000) as number`.execute(
    app.ctx.db,
  );
  const unread = await streamExport(app.ctx.db, user.id, 'json');
  const refused = await exportOf(user);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
  expect((await exportOf(tenants.victim)).status).toBe(200);
  const chunks: Buffer[] = [];
  for await (const chunk of unread) chunks.push(chunk);
  expect(JSON.parse(Buffer.concat(chunks).toString()).tasks).toHaveLength(3000);
  const abandoned = await streamExport(app.ctx.db, user.id, 'json');
  abandoned.destroy();
  await vi.waitFor(async () => expect((await exportOf(user)).status).toBe(200), patience);
});
