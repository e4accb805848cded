import { sql } from 'kysely';
import { StartError } from '../platform/errors.ts';
import type { Db } from './schema.ts';

const minMajorVersion = 15;

export interface ServerFacts {
  /** As in `server_version_num`: 150018 is 15.18. */
  version_number: number;
  version: string;
  encoding: string;
}

/** @returns why this server cannot be used, in one line, or null */
export function unsupportedReason({ version_number, version, encoding }: ServerFacts): string | null {
  if (version_number < minMajorVersion * 10_000) {
    return `DATABASE_URL: got PostgreSQL ${version}, wants ${minMajorVersion} or newer`;
  }
  return encoding === 'UTF8' ? null : `DATABASE_URL: got a database in ${encoding}, wants one in UTF8`;
}

/** @throws StartError if the server is older than 15, or the database's encoding is not UTF8 */
export async function requireSupported(db: Db): Promise<void> {
  const { rows } = await sql<ServerFacts>`
    select current_setting('server_version_num')::int as version_number, current_setting('server_version') as version,
      getdatabaseencoding()::text as encoding`.execute(db);
  const reason = rows[0] === undefined ? null : unsupportedReason(rows[0]);
  if (reason !== null) throw new StartError(reason);
}
