/**
 * How long reminders take that are due at the same moment, and what that costs readers of lists.
 *
 *   node_modules/node/bin/node server/bench/reminders.ts [reminders] [WEB_CONCURRENCY]
 *
 * 20,000 reminders of 1,000 users by default. The server runs on an embedded database in a temporary directory, with
 * the worker inside: in the process that serves, or with a second argument in the primary process beside so many that
 * serve. An SMTP server in a process of its own takes the mails. Lists are read at a quarter of the rate that the
 * server reaches without reminders (open loop).
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { reminderRows } from '../test/support/reminder-rows.ts';
import { openBenchDatabase, runQuery } from './database.ts';
import { type LoadResult, runLoad } from './load.ts';
import type { SinkReport } from './mail-sink.ts';
import { operations } from './requests.ts';
import { startServer } from './server.ts';
import { median } from './statistics.ts';

const reminders = Number(process.argv[2] ?? 20_000);
const processes = process.argv[3] ?? '1';
const remindersPerUser = 20;
const connections = 50;
const activeUsers = 200;
const capacityMs = 8_000;
const sliceMs = 2_000;
/** How long the load runs before the reminders are due. */
const leadSeconds = 6;
const giveUpMs = 180_000;

const sinkFile = fileURLToPath(new URL('mail-sink.ts', import.meta.url));

async function startSink(): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(sinkFile);
  const [port] = await once(child, 'message');
  return { child, port: Number(port) };
}

async function readSink(child: ChildProcess): Promise<SinkReport> {
  child.send('report');
  const [report] = await once(child, 'message');
  return report;
}

const database = await openBenchDatabase(null, { users: activeUsers, tasksPerUser: 200, heavyUserTasks: 0 });
const sink = await startSink();
try {
  const users = Math.ceil(reminders / remindersPerUser);
  await runQuery(database.admin, reminderRows({ users, perUser: remindersPerUser, dueAt: `'infinity'` }));
  await runQuery(database.admin, 'vacuum analyze');
  const server = await startServer({
    DATABASE_URL: database.url,
    SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    MAIL_FROM: 'Duly <duly@bench.example>',
    LOG_LEVEL: 'warn',
    WEB_CONCURRENCY: processes,
  });
  const { list } = operations(await database.findActiveUsers(activeUsers), new Map());
  const load = { port: server.port, connections, next: list, isGood: (status: number) => status === 200 };
  await runLoad({ ...load, durationMs: capacityMs / 4, rate: null });
  const capacity = await runLoad({ ...load, durationMs: capacityMs, rate: null });
  const rate = Math.round(capacity.perSecond / 4);
  console.log(`lists without reminders: ${Math.round(capacity.perSecond)}/s; now ${rate}/s, open loop`);

  const [due] = await runQuery<{ at: Date }>(
    database.admin,
    `update duly.reminders set next_at = date_trunc('milliseconds', now()) + interval '${leadSeconds} seconds'
     returning next_at as at`,
  );
  await runQuery(database.admin, `select pg_notify('duly_changes', '["bench","reminded-0"]')`);
  const dueAt = due?.at.getTime() ?? 0;
  const slices: { at: number; result: LoadResult }[] = [];
  let report = await readSink(sink.child);
  while (report.distinct < reminders && Date.now() - dueAt < giveUpMs) {
    const at = Date.now() - dueAt;
    slices.push({ at, result: await runLoad({ ...load, durationMs: sliceMs, rate }) });
    report = await readSink(sink.child);
  }
  printResult(report, dueAt, slices);
  await server.stop();
} finally {
  sink.child.kill();
  await database.close();
}

function printResult(
  { distinct, count, lastAt }: SinkReport,
  dueAt: number,
  slices: readonly { at: number; result: LoadResult }[],
): void {
  const seconds = (lastAt - dueAt) / 1_000;
  console.log(`${distinct} of ${reminders} reminders arrived, ${count - distinct} of them again`);
  console.log(`the last one ${seconds.toFixed(1)} s after their time (${Math.round(distinct / seconds)}/s)`);
  const during = slices.filter(({ at }) => at >= 0).map(({ result }) => result);
  const p95 = during.map(({ latencyMs }) => latencyMs.p95);
  const errors = slices.reduce((sum, { result }) => sum + result.errors, 0);
  console.log(
    `lists meanwhile: p95 ${median(p95).toFixed(1)} ms, ${Math.max(...p95).toFixed(1)} ms in the slowest ${sliceMs / 1_000} s; ${errors} errors`,
  );
}
