import { findUsers } from '../../server/src/admin/queries.ts';
import type { Config } from '../../server/src/config/config.ts';
import { createLog } from '../../server/src/platform/log.ts';
import { joinDatabase } from '../../server/src/process/database.ts';
import { person } from './content.ts';
import { DemoError, fill } from './fill.ts';
import { isReady, type Service, startService, untilReady } from './service.ts';

/**
 * Fills the server of these settings. If none runs, starts one, and keeps it running until `stop` aborts.
 * @throws DemoError when there is no server to be filled, or it must not be
 */
export async function showUser(config: Config, mayFillProduction: boolean, stop: AbortSignal): Promise<void> {
  const { http, auth } = config;
  if (http.port === 0) throw new DemoError('PORT: got 0, wants the port of the server to be filled');
  const url = `${http.tls === null ? 'http' : 'https'}://${hostOf(http.host)}:${http.port}`;
  const started = (await isReady(url)) ? null : await start(url, stop);
  try {
    if (stop.aborted) return;
    if (config.production && !mayFillProduction) await refuseUsers(config);
    const outcome = await fill(url);
    print(outcome === 'filled' ? 'Filled.' : 'This user is there already: nothing was changed.');
    print(`  address   ${auth.baseUrl}\n  email     ${person.email}\n  password  ${person.password}`);
    if (started === null) return;
    print('  stop      Ctrl-C');
    await Promise.race([started.ended, new Promise((resolve) => stop.addEventListener('abort', resolve))]);
  } finally {
    started?.child.kill('SIGTERM');
    await started?.ended;
  }
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** An address that a client can connect to. */
function hostOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function start(url: string, stop: AbortSignal): Promise<Service> {
  const service = startService(process.env);
  let complaint = '';
  service.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  print('No server runs here: starting one…');
  if ((await untilReady(service, url, stop)) || stop.aborted) return service;
  throw new DemoError(`The server did not start.\n${complaint.trimEnd()}`);
}

/** The address of the demonstration alone is none to protect. */
async function refuseUsers(config: Config): Promise<void> {
  const database = await joinDatabase(config, createLog('silent'));
  try {
    const users = await findUsers(database.db, { search: '', limit: 1 });
    const others = users.filter(({ email }) => email !== person.email);
    if (others.length > 0)
      throw new DemoError(
        'NODE_ENV is production and the database has users: --production fills it all the same, with a known password',
      );
  } finally {
    await database.close();
  }
}
