import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { prepareDataDir } from '../../src/platform/data-dir.ts';
import { runCommand } from '../support/backups.ts';
import { asAdmin, urlOf } from '../support/database.ts';
import { newDatabase, newDumpPath } from '../support/dumps.ts';
import { newDataDirectory } from '../support/servers.ts';

test('an encrypted dump holds the secret of DATA_DIR, and a load puts it in place and keeps another', async () => {
  const identity = await generateX25519Identity();
  const path = newDumpPath('duly.tar.zst.age');
  const identityFile = join(dirname(path), 'identity');
  writeFileSync(identityFile, `${identity}\n`);
  const source = await newDatabase('template');
  await asAdmin(`insert into duly.owners (user_id, revision) values ('ada', 1)`, source.connection.database);
  const [from, to] = [await newDataDirectory(), await newDataDirectory()];
  const secrets = {
    [from]: 'first-secret-of-more-than-32-characters',
    [to]: 'other-secret-of-more-than-32-characters',
  };
  for (const [dataDir, secret] of Object.entries(secrets)) {
    prepareDataDir(dataDir);
    writeFileSync(join(dataDir, 'secret'), secret);
  }
  const dumped = await runCommand(
    {
      DATABASE_URL: urlOf(source.connection),
      DATA_DIR: from,
      BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
    },
    'dump',
    path,
  );
  expect([dumped.code, dumped.stderr]).toEqual([
    0,
    expect.stringMatching(/duly\.tar\.zst\.age: \d+ rows of \d+ tables/),
  ]);
  expect(readFileSync(path, 'latin1')).toMatch(/^age-encryption\.org\/v1\n/);

  const target = await newDatabase('empty');
  const env = { DATABASE_URL: urlOf(target.connection), DATA_DIR: to };
  const refused = await runCommand(env, 'load', path);
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/^.*is encrypted: BACKUP_AGE_IDENTITY_FILE.*\n$/),
  ]);
  const loaded = await runCommand({ ...env, BACKUP_AGE_IDENTITY_FILE: identityFile }, 'load', path);
  expect([loaded.code, loaded.stderr]).toEqual([0, '']);
  expect(loaded.stdout).toMatch(/^secret is that of the dump; the one before is /m);
  expect(readFileSync(join(to, 'secret'), 'utf8')).toBe(secrets[from]);
  const kept = readdirSync(to).filter((name) => name.startsWith('secret.before-load-'));
  expect(kept.map((name) => readFileSync(join(to, name), 'utf8'))).toEqual([secrets[to]]);
  // The queue is there too, so that the service starts.
  expect((await runCommand(env, 'migrate', 'up')).stdout).toBe('nothing to do\n');
});

test('a missing file and surplus words are refused in one line, and create nothing', async () => {
  const env = { DATA_DIR: await newDataDirectory() };
  const secretOnly = () =>
    (existsSync(env.DATA_DIR) ? readdirSync(env.DATA_DIR) : []).filter((name) => name !== 'secret');
  expect((await runCommand(env, 'load')).stderr).toBe('load: got no file, wants the path of a dump, or -\n');
  expect((await runCommand(env, 'load', '/does/not/exist')).stderr).toMatch(
    /^load: \/does\/not\/exist cannot be read \(.*\)\n$/,
  );
  expect((await runCommand(env, 'dump', 'a', 'b')).stderr).toBe('dump a: got "b", wants no more arguments\n');
  expect(secretOnly()).toEqual([]);
});
