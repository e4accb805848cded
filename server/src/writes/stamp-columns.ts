import { sql } from 'kysely';
import { param } from '../db/statements.ts';

/** What statements stamp that change many rows at once, of the parameter `version_floor`. */

const nextVersion = sql`greatest(t.version + 1, ${param('version_floor')}::int)`;

/** What a write stamps on each row `t`, besides the deletion. */
export const stampColumns = sql`revision = (select revision from stamp), updated_at = (select now from stamp),
  version = ${nextVersion}`;

/** `stampColumns` for tasks: the tags on the row are of the new version, if they were of the old one. */
export const taskStampColumns = sql`${stampColumns},
  tags_version = case when t.tags_version = t.version then ${nextVersion} end`;
