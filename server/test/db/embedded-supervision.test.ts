import { Client } from 'pg';
import { describe, expect, it, vi } from 'vitest';
import {
  copyInitializedDataDir,
  killPostmaster,
  postmasterPid,
  queryAsSuperuser,
  startEmbeddedServer,
  startError,
} from '../support/embedded.ts';
import { patience } from '../support/patience.ts';

describe('supervision', () => {
  it('brings a killed server back with every acknowledged row', async () => {
    const server = await startEmbeddedServer(await copyInitializedDataDir());
    await queryAsSuperuser(server.app, 'create table entry (id int primary key)');
    const pid = postmasterPid(server.clusterDirectory);
    const client = new Client(server.app);
    client.on('error', () => {});
    await client.connect();
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await client.query('insert into entry values ($1)', [acknowledged + 1]);
        acknowledged += 1;
      }
    })().catch(() => {});
    await vi.waitUntil(() => acknowledged >= 50, patience);
    killPostmaster(server.clusterDirectory);
    await writing;
    await client.end();

    const rows = await vi.waitFor(
      () => queryAsSuperuser<{ count: number }>(server.app, 'select count(*)::int from entry'),
      patience,
    );
    expect(rows[0]?.count).toBeGreaterThanOrEqual(acknowledged);
    expect(postmasterPid(server.clusterDirectory)).not.toBe(pid);
    // The new server has the lock again.
    await vi.waitFor(async () => {
      const locks = await queryAsSuperuser(
        server.admin,
        "select from pg_locks where locktype = 'advisory' and granted",
      );
      expect(locks).toHaveLength(1);
    }, patience);
    await server.stop();
    expect(postmasterPid(server.clusterDirectory)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')(
    'does not wait for statements that outlive a killed server',
    async () => {
      const server = await startEmbeddedServer(await copyInitializedDataDir());
      const endless = queryAsSuperuser(server.app, 'do $$ begin loop end loop; end $$').catch(() => {});
      await vi.waitFor(async () => {
        const busy = await queryAsSuperuser(
          server.admin,
          "select from pg_stat_activity where query like 'do %' and state = 'active'",
        );
        expect(busy).toHaveLength(1);
      }, patience);
      killPostmaster(server.clusterDirectory);
      await endless;
      await vi.waitFor(() => queryAsSuperuser(server.app, 'select 1'), patience);
    },
  );

  it('takes its lock again after all connections were ended', async () => {
    const dataDir = await copyInitializedDataDir();
    const server = await startEmbeddedServer(dataDir);
    await queryAsSuperuser(
      server.admin,
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
    );
    await vi.waitFor(async () => {
      const locks = await queryAsSuperuser(
        server.admin,
        "select from pg_locks where locktype = 'advisory' and granted",
      );
      expect(locks).toHaveLength(1);
    }, patience);
    expect(await startError(dataDir)).toContain('in use by another running Duly');
  });

  it('ends with stop, even while the server is away', async () => {
    const server = await startEmbeddedServer(await copyInitializedDataDir());
    killPostmaster(server.clusterDirectory);
    await server.stop();
    await vi.waitFor(() => expect(queryAsSuperuser(server.app, 'select 1')).rejects.toThrow(), patience);
  });
});
