import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  copyInitializedDataDir,
  newDataDir,
  newTemporaryDirectory,
  queryAsSuperuser,
  startEmbeddedServer,
  startError,
} from '../support/embedded.ts';

describe('refuses with one line', () => {
  it('a data directory that another live Duly uses', async () => {
    const dataDir = await copyInitializedDataDir();
    const server = await startEmbeddedServer(dataDir);
    expect(await startError(dataDir)).toContain('in use by another running Duly');
    expect(await queryAsSuperuser(server.app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('a cluster of another major version', async () => {
    const dataDir = await copyInitializedDataDir();
    const server = await startEmbeddedServer(dataDir);
    await server.stop();
    writeFileSync(join(server.clusterDirectory, 'PG_VERSION'), '16\n');
    expect(await startError(dataDir)).toMatch(/PostgreSQL 16, .* brings PostgreSQL 18/);
  });

  it('a directory that is not a cluster, and a file', async () => {
    const dataDir = newDataDir();
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'letter.txt'), '');
    expect(await startError(dataDir)).toContain('no PG_VERSION');
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['letter.txt']);
    rmSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres'), '');
    expect(await startError(dataDir)).toContain('a file');
  });

  it('a cluster whose password is lost, or is another', async () => {
    const dataDir = await copyInitializedDataDir();
    const server = await startEmbeddedServer(dataDir);
    await server.stop();
    writeFileSync(join(dataDir, 'postgres-password'), `${'0'.repeat(64)}\n`);
    expect(await startError(dataDir)).toContain('does not accept the password');
    rmSync(join(dataDir, 'postgres-password'));
    expect(await startError(dataDir)).toContain('postgres-password is missing');
  });

  it('a damaged cluster, with what the server says about it', async () => {
    const dataDir = await copyInitializedDataDir();
    const server = await startEmbeddedServer(dataDir);
    await server.stop();
    rmSync(join(server.clusterDirectory, 'global', 'pg_control'));
    expect(await startError(dataDir)).toMatch(/did not start: .*pg_control/);
  });

  it('a data directory that cannot be made or written', async () => {
    const file = join(newTemporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await startError(join(file, 'data'))).toContain('cannot be used');
    expect(await startError(file)).toContain('cannot be used');
  });

  it('a link to a database that is gone', async () => {
    const dataDir = newDataDir();
    mkdirSync(dataDir);
    symlinkSync('/nonexistent/duly', join(dataDir, 'postgres'));
    expect(await startError(dataDir)).toContain('/nonexistent/duly');
  });
});
