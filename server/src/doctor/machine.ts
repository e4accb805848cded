import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { readBackupStatus } from '../backup/status.ts';
import { isOnSameDisk, listBackups, openTarget } from '../backup/target.ts';
import type { Config } from '../config/config.ts';
import { parseDatabaseUrl } from '../config/database-url.ts';
import type { StoreLocation } from '../config/store-location.ts';
import { type Finding, ok, problem, reasonOf, warning } from './finding.ts';
import { judgeBackups, judgeCertificates, judgeDisk } from './judge.ts';

/** Before the first start DATA_DIR is missing: the disk is that of the directory above. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

function checkDiskOf(check: string, path: string): Finding {
  try {
    const { bavail, blocks, bsize } = statfsSync(existing(path));
    return judgeDisk(check, path, bavail * bsize, blocks * bsize);
  } catch (error) {
    return problem(check, `${path} cannot be used (${reasonOf(error)})`, 'mount it, or mend the setting');
  }
}

export const checkDisks = ({ dataDir, backup }: Config): Finding[] => [
  checkDiskOf('disk', dataDir),
  ...(backup.target?.kind === 'directory' ? [checkDiskOf('disk of backups', backup.target.path)] : []),
];

export async function checkBackups(
  { backup, database, dataDir }: Config,
  now = Date.now(),
): Promise<Finding> {
  const { target } = backup;
  if (database.url !== null) return ok('backups', 'an external database is backed up by its own means');
  if (target === null)
    return warning(
      'backups',
      'nothing is backed up',
      'set BACKUP_DIRECTORY to a directory on another disk, or BACKUP_S3_URL (docs/operations/backups.md)',
    );
  const damaged: string[] = [];
  try {
    const store = await openTarget(target);
    const newest = (await listBackups(store, (reason) => damaged.push(reason))).at(-1);
    const [reason] = damaged;
    if (reason !== undefined)
      return problem('backups', reason, `look at ${store.location}, and run: npm run backup`);
    const newestAt = newest?.manifest.consistentAt ?? null;
    const finding = judgeBackups(backup, newestAt, readBackupStatus(dataDir), now);
    if (finding.verdict !== 'ok' || !isOnSameDisk(target, dataDir)) return finding;
    return warning('backups', `${finding.message}, on the disk of DATA_DIR`, 'keep them on another disk');
  } catch (error) {
    return problem('backups', reasonOf(error), backupRemedy(target));
  }
}

const backupRemedy = ({ kind }: StoreLocation) =>
  kind === 'directory'
    ? 'mount BACKUP_DIRECTORY, and start the server'
    : 'mend BACKUP_S3_URL or its store, and start the server';

/** The certificates that the settings name, each with the setting. */
function certificateFiles({ http, database }: Config): { name: string; file: string }[] {
  const files = http.tls === null ? [] : [{ name: 'TLS_CERT', file: http.tls.certFile }];
  if (database.url === null) return files;
  const { urls } = parseDatabaseUrl(database.url, (got) => {
    throw new Error(`DATABASE_URL is ${got}`);
  });
  for (const name of ['sslrootcert', 'sslcert']) {
    const file = urls[0].searchParams.get(name);
    if (file !== null) files.push({ name: `${name} of DATABASE_URL`, file });
  }
  return files;
}

const pemBlocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export function checkCertificates(config: Config, now = Date.now()): Finding[] {
  const files = certificateFiles(config);
  if (files.length === 0) return [ok('certificates', 'no setting names one')];
  return files.map(({ name, file }) => {
    try {
      const chain = (readFileSync(file, 'utf8').match(pemBlocks) ?? []).map(
        (pem) => new X509Certificate(pem),
      );
      const [first] = chain;
      if (first === undefined) throw new Error(`${file} has no certificate`);
      const finding = judgeCertificates('certificates', `${name} (${file})`, chain, now);
      const { hostname } = new URL(config.auth.baseUrl);
      const isOther = name === 'TLS_CERT' && first.checkHost(hostname) === undefined;
      if (finding.verdict !== 'ok' || !isOther) return finding;
      return warning(
        'certificates',
        `${name} (${file}) is not for ${hostname}`,
        'get one for the host of BETTER_AUTH_URL, unless a proxy speaks TLS with browsers',
      );
    } catch (error) {
      return problem('certificates', `${name}: ${reasonOf(error)}`, 'name a PEM file with a certificate');
    }
  });
}
