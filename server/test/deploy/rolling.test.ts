import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { currentVersion, listMigrations } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import { othersThan } from '../support/faults.ts';
import { hasHaproxy } from '../support/haproxy.ts';
import { silentLog } from '../support/log.ts';
import { isLong } from '../support/long-tests.ts';
import { responseStatus } from '../support/process.ts';
import { type Recorder, startRecorder } from '../support/recorder.ts';
import type { Patch } from '../support/releases.ts';
import { root } from '../support/sources.ts';
import { type Colour, startTwoInstances, type TwoInstances } from '../support/two-instances.ts';

const newest = listMigrations().length;
const listHandler = 'async handle({ ctx, db, request: { params, query, url } }) {';
const failingLists: Patch = ['http/handlers/tasks.ts', listHandler, `${listHandler} null.x;`];
/** Ready for its first checks, and no longer when it serves. */
const failingHealth: Patch[] = [
  ['http/handlers/tasks.ts', listHandler, `${listHandler} globalThis.served = 1;`],
  [
    'http/handlers/health.ts',
    'if (schema === null)',
    "if (globalThis.served) return unready({ database: 'ok' });\n    if (schema === null)",
  ],
];

const badReleases: [what: string, patches: Patch[]][] = [
  ['fails requests', [failingLists]],
  ...(isLong ? [['is not ready any more', failingHealth] satisfies [string, Patch[]]] : []),
];

describe.skipIf(!hasHaproxy('rolling restarts and switches'))('under load, behind HAProxy', () => {
  let instances: TwoInstances;
  let load: Recorder | undefined;
  beforeAll(async () => {
    instances = await startTwoInstances();
  });
  afterEach(async () => {
    await load?.stop();
  });

  async function startLoad(): Promise<Recorder> {
    load = await startRecorder(instances, 4);
    await load.makeProgress(10);
    load.forget();
    return load;
  }

  /** No request of those since `forget` failed, and no write was lost or made twice. */
  async function expectNoFailure(recorder: Recorder): Promise<void> {
    await recorder.makeProgress(10);
    const { acknowledged, ...verdict } = await recorder.stop();
    load = undefined;
    expect(verdict).toEqual({ lost: [], doubled: [] });
    const count = { writes: recorder.writes.statuses, reads: recorder.reads.statuses };
    expect({ ...recorder.writes.codes, ...recorder.reads.codes }).toEqual({});
    console.info(`${acknowledged} writes; ${JSON.stringify(count)}`);
    expect([...othersThan(count.writes, 201), ...othersThan(count.reads, 200)]).toEqual([]);
  }

  async function schemaVersion(): Promise<number> {
    const db = createDb({ connection: instances.database.connection, max: 1, log: silentLog });
    const version = await currentVersion(db);
    await sql`select`.execute(db);
    await db.destroy();
    return version;
  }

  const isUp = async (colour: Colour) =>
    (await responseStatus(`${instances.urlOf(colour)}/health/ready`)) === 200;

  test('a rolling restart fails no request', async () => {
    const before = [await instances.pid('blue'), await instances.pid('green')];
    const recorder = await startLoad();
    const { code, output } = await instances.run('rolling-restart.sh');
    expect([code, output.match(/was restarted in \d+ ms/g)?.length]).toEqual([0, 2]);
    await expectNoFailure(recorder);
    const after = [await instances.pid('blue'), await instances.pid('green')];
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  test('a switch to a release with a migration fails no request; the old one says that the schema is newer', async () => {
    await instances.call('stop', 'green');
    await instances.install('green', 1);
    const recorder = await startLoad();
    let schema: Promise<string> | undefined;
    const { code, output } = await instances.run('blue-green.sh', (line) => {
      if (line.includes('1 migrations applied'))
        schema = fetch(`${instances.urlOf('blue')}/health/ready`).then((response) => response.text());
    });
    expect(code, output).toBe(0);
    await expectNoFailure(recorder);
    expect(JSON.parse((await schema) ?? '{}')).toMatchObject({ status: 'ok', schema: 'newer' });
    expect([await schemaVersion(), await isUp('blue'), await isUp('green')]).toEqual([
      newest + 1,
      false,
      true,
    ]);
  });

  test.each(badReleases)(
    'a release that %s is rolled back with its migrations, and no request fails after that',
    async (_what, patches) => {
      await instances.install('blue', 3, patches);
      const recorder = await startLoad();
      const { code, output } = await instances.run('blue-green.sh', (line) => {
        if (line.includes('back on green')) recorder.forget();
      });
      console.info(output.match(/back on .*|rolled back .*/g)?.join('; '));
      expect(code, output).toBe(1);
      await expectNoFailure(recorder);
      expect([await schemaVersion(), await isUp('blue'), await isUp('green')]).toEqual([
        newest + 1,
        false,
        true,
      ]);
    },
  );
});

test('the example of the settings has every setting of the scripts, and the servers of haproxy.cfg', async () => {
  const readScript = (name: string) => readFile(join(root, 'deploy/haproxy', name), 'utf8');
  const example = await readScript('settings.example.sh');
  const scripts = await Promise.all(['lib.sh', 'rolling-restart.sh', 'blue-green.sh'].map(readScript));
  const named = new Set(
    scripts
      .join('\n')
      .match(/\$\{?[A-Z]{2}[A-Z_]+/g)
      ?.map((name) => name.replace(/\W+/, '')),
  );
  named.delete('BASH_SOURCE');
  const missing = [...named].filter((name) => !new RegExp(`^${name}=`, 'm').test(example));
  expect(missing).toEqual([]);
  const [, servers = ''] = /^SERVERS="(.*)"$/m.exec(example) ?? [];
  const configured = [...(await readScript('haproxy.cfg')).matchAll(/^ {2}server (\w+) /gm)];
  expect(configured.map(([, name]) => name).join(' ')).toBe(servers);
});
