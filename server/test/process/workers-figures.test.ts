import { expect, test } from 'vitest';
import { byLabel, counter, gauge, type MetricFamily, maxGauge } from '../../src/metrics/text-format.ts';
import { createWorkerMetrics } from '../../src/process/workers/worker-metrics.ts';

/** The report of a worker that has handled `answered` requests. */
const report = (answered: number, lag = 0): MetricFamily[] => [
  counter('answers', 'Answers.', byLabel('status', { 200: answered, 404: 1 })),
  gauge('memory', 'Memory.', 100),
  maxGauge('lag', 'Lag.', lag),
];

const valuesOf = (families: readonly MetricFamily[]) =>
  Object.fromEntries(families.map(({ name, values }) => [name, values]));

test('the sum of what workers and the primary report: counts and memory are added up, of lags the worst counts', async () => {
  const figures = createWorkerMetrics<string>(() => [
    gauge('memory', 'Memory.', 10),
    counter('upkeep', 'Upkeep.', 1),
  ]);
  const answers: Record<string, MetricFamily[]> = { a: report(3, 0.2), b: report(4, 0.1) };
  const sum = await figures.gather(['a', 'b'], (worker) => figures.report(worker, answers[worker] ?? []));
  expect(valuesOf(sum)).toEqual({
    answers: { '{status="200"}': 7, '{status="404"}': 2 },
    memory: { '': 210 },
    lag: { '': 0.2 },
    upkeep: { '': 1 },
  });
  expect(answers.a).toEqual(report(3, 0.2));
});

test('what a worker has counted stays when it ends, what it held goes; its successor begins anew', async () => {
  const figures = createWorkerMetrics<string>(() => []);
  const gather = (answers: Record<string, number>) =>
    figures.gather(Object.keys(answers), (worker) => figures.report(worker, report(answers[worker] ?? 0)));
  await gather({ a: 3, b: 4 });
  figures.remove('a');
  expect(valuesOf(await gather({ b: 5 }))).toMatchObject({
    answers: { '{status="200"}': 8 },
    memory: { '': 100 },
  });
  expect(valuesOf(await gather({ b: 5, c: 1 }))).toMatchObject({
    answers: { '{status="200"}': 9, '{status="404"}': 3 },
    memory: { '': 200 },
  });
  figures.remove('c');
  figures.remove('never reported');
  expect(valuesOf(await gather({ b: 5 }))).toMatchObject({ answers: { '{status="200"}': 9 } });
});

test('who does not answer counts as it last was, and holds nobody up for long; who ends is not waited for', async () => {
  const figures = createWorkerMetrics<string>(() => []);
  const say = (worker: string, answered: number) => figures.report(worker, report(answered));
  await figures.gather(['busy', 'b'], (worker) => say(worker, 1));
  const begin = performance.now();
  const asked: string[] = [];
  const ask = (worker: string) => {
    asked.push(worker);
    if (worker === 'b') say('b', 2);
  };
  const [first, second] = await Promise.all([1, 2].map(() => figures.gather(['busy', 'b'], ask)));
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(valuesOf(first ?? [])).toMatchObject({ answers: { '{status="200"}': 3 } });
  expect(second).toEqual(first);
  expect(asked.filter((worker) => worker === 'busy')).toHaveLength(1);

  const waiting = figures.gather(['busy', 'b'], ask);
  figures.remove('busy');
  expect(valuesOf(await waiting)).toMatchObject({ answers: { '{status="200"}': 3 } });
});
