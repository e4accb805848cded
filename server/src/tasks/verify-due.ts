import { sql } from 'kysely';
import { isTimeZone } from '../dates/zones.ts';
import { timestamp } from '../db/columns.ts';
import type { Db } from '../db/schema.ts';
import { zoneOf } from '../writes/stamps.ts';
import { type Due, dueAtOf } from './due.ts';

const tasksPerStatement = 1_000;
/** Reported for each user. */
const maxFaults = 100;

interface DueRow extends Due {
  id: string;
  user_zone: string;
}

/**
 * Checks the instants of a user's tasks, live or in the trash, against date, time and zone, by the runtime's time zone
 * data. A statement is one snapshot of some tasks and the user's zone.
 */
export async function verifyDue(db: Db, userId: string, report: (fault: string) => void): Promise<void> {
  let faults = 0;
  for (let after: string | null = null; faults < maxFaults; ) {
    const rows: DueRow[] = await readDue(db, userId, after);
    for (const row of rows) {
      const fault = faultOf(row);
      if (fault === null || faults >= maxFaults) continue;
      report(`task ${row.id}: its row has the due_at ${row.due_at && timestamp.read(row.due_at)}, ${fault}`);
      faults += 1;
    }
    if (rows.length < tasksPerStatement) return;
    after = rows.at(-1)?.id ?? null;
  }
}

function faultOf({ user_zone, due_at, ...due }: DueRow): string | null {
  const zone = due.time_zone ?? user_zone;
  if (due.due_time !== null && !isTimeZone(zone))
    return `the runtime does not know the zone ${JSON.stringify(zone)}`;
  const right = dueAtOf(due, user_zone);
  if (right === (due_at && timestamp.read(due_at))) return null;
  return `its date, time and zone give ${right}`;
}

async function readDue(db: Db, userId: string, after: string | null): Promise<DueRow[]> {
  const next = after === null ? sql`true` : sql`t.id > ${after}::uuid`;
  const { rows } = await sql<DueRow>`
    select t.id, t.due_date, t.due_time, t.time_zone, ${timestamp.select(sql.ref('t.due_at'))} as due_at,
      ${zoneOf(sql`${userId}`)} as user_zone
    from duly.tasks as t where t.user_id = ${userId} and ${next} and (t.due_time is not null or t.due_at is not null)
    order by t.id limit ${tasksPerStatement}`.execute(db);
  return rows;
}
