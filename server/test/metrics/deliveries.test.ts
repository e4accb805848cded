import { expect, test, vi } from 'vitest';
import { afterTest } from '../support/clean-up.ts';
import { createDatabase, urlOf } from '../support/database.ts';
import { startMailSink } from '../support/mail-sink.ts';
import { metricsToken, type Sample, sampleValue, scrape } from '../support/metrics.ts';
import { patience } from '../support/patience.ts';
import { deliveryCounts, insertReminders, queryAsAdmin } from '../support/reminder-rows.ts';
import { startTestServer } from '../support/servers.ts';

/** How long an attempt to a user of that name takes, and what the mail server then answers. */
const delayMs = 100;
const codes: Record<string, number> = { refused: 550, busy: 450 };

async function answer(address: string): Promise<Error | null> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const responseCode = codes[address.split('-')[0] ?? ''];
  return responseCode === undefined ? null : Object.assign(new Error('no'), { responseCode });
}

const valuesOf = (samples: readonly Sample[], name: string, label: string) =>
  Object.fromEntries(
    samples
      .filter((sample) => sample.name === name && (sample.labels.channel ?? 'email') === 'email')
      .map(({ labels, value }) => [labels[label], value]),
  );

test('metrics count what was sent, sent late, refused, repeated and cancelled, and how long attempts took', async () => {
  const database = await createDatabase();
  afterTest.push(() => database.drop());
  const seeds = { good: 3, refused: 2, busy: 1, unverified: 1 };
  for (const [prefix, users] of Object.entries(seeds))
    await insertReminders(database, { users, perUser: 1, prefix });
  const dueAt = "now() - interval '3 hours'";
  await insertReminders(database, { users: 2, perUser: 1, prefix: 'missed', dueAt });
  await queryAsAdmin(
    database,
    `update better_auth."user" set "emailVerified" = false where id like 'unverified-%'`,
  );
  const sink = await startMailSink(0, answer);
  const { url } = await startTestServer({
    ...{ DATABASE_URL: urlOf(database.connection), METRICS_TOKEN: metricsToken, LOG_LEVEL: 'warn' },
    ...sink.settings,
  });
  await vi.waitFor(async () => {
    expect(await deliveryCounts(database)).toEqual({ sent: 5, failed: 2, cancelled: 1, queued: 1 });
  }, patience);
  const samples = await vi.waitFor(async () => {
    const found = await scrape(url);
    const outcomes = valuesOf(found, 'duly_deliveries_total', 'outcome');
    expect(outcomes).toEqual({ sent: 5, failed: 2, cancelled: 1, retried: 1 });
    return found;
  }, patience);
  expect(sampleValue(samples, 'duly_deliveries_late_total', { channel: 'email' })).toBe(2);
  expect(valuesOf(samples, 'duly_deliveries_active', 'channel')).toEqual({ email: 0 });
  const duration = (suffix: string, labels = {}) =>
    sampleValue(samples, `duly_delivery_duration_seconds_${suffix}`, { channel: 'email', ...labels });
  expect(duration('count')).toBe(8);
  expect(duration('bucket', { le: '+Inf' })).toBe(8);
  expect(duration('bucket', { le: '0.05' })).toBe(0);
  expect(duration('sum')).toBeGreaterThan((8 * delayMs) / 1_000);

  // What the worker found at first does not stay: it looks once more after there was something to do.
  await vi.waitFor(async () => {
    const later = await scrape(url);
    expect(sampleValue(later, 'duly_deliveries_oldest_due_seconds')).toBe(0);
    expect(valuesOf(later, 'duly_deliveries_queued', 'kind')).toEqual({ reminder: 1 });
  }, patience);
});
