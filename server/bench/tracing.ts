/**
 * What tracing costs: processor time of the server for each list, with and without a collector, in alternation.
 *
 *   node_modules/node/bin/node server/bench/tracing.ts [before]
 *
 * `before` is another checkout with installed packages, whose untraced lists are compared too. The collector is this
 * process, and its time is not counted.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Server, startOtherCheckout, startServer } from './server.ts';
import { alternate, median, medianRatio } from './statistics.ts';
import { measure, openTrial } from './trial.ts';

const [rounds, seconds, connections] = [9, 2, 32];
const [, , before] = process.argv;
const size = { users: 400, tasksPerUser: 200, heavyUserTasks: 0 };
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.end('{}'));
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
const address = collector.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
const traced = (share: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
  OTEL_TRACES_SAMPLER_ARG: share,
});

const trial = await openTrial({ dataDir: null, size, activeUsers: 100, env: {} });
const uncached = { ...trial.env, CACHE_MAX_BYTES: '0' };
const kinds = { cached: trial.env, uncached };
try {
  for (const [kind, env] of Object.entries(kinds)) {
    const servers: Record<string, Server> = {
      off: await startServer(env),
      '10 %': await startServer({ ...env, ...traced('0.1') }),
      '100 %': await startServer({ ...env, ...traced('1') }),
      ...(before === undefined ? {} : { before: await startOtherCheckout(before, env) }),
    };
    const next = trial.requests.list;
    const candidates = Object.entries(servers).map(([name, server]) => ({
      name,
      run: async () =>
        (await measure(trial, server, { name, next, connections, seconds })).cpuMicrosPerRequest ?? 0,
    }));
    const cpu = await alternate(candidates, rounds);
    const off = cpu.get('off') ?? [];
    for (const [name, micros] of cpu)
      console.log(
        `list, ${kind}, ${name}: ${median(micros).toFixed(0)} µs, × ${medianRatio(micros, off).toFixed(2)} of off`,
      );
    for (const server of Object.values(servers)) await server.stop();
  }
} finally {
  await trial.close();
  collector.close();
}
