import { sql } from 'kysely';
import { column, createReader, integer } from '../db/columns.ts';
import type { Noun } from '../db/noun.ts';
import { Tag, TagRename } from './model.ts';

const readCount = createReader({ usage_count: column(integer, { setBy: 'server' }) }, 'tag.');

export const tagNoun: Noun<'tag', Tag> = {
  type: 'tag',
  schema: 'Tag',
  schemas: () => [Tag, TagRename],
  tables: ['duly.tags'],
  derived: { columns: ['usage_count', 'search_text', 'search_version'] },
  isVersioned: false,
  feed: {
    idDescription: "The tag's name.",
    rows: (userId) => ({
      from: sql`duly.tags g`,
      where: [sql`g.user_id = ${userId}`],
      revision: sql`g.revision`,
      id: sql`g.name`,
      orderBy: sql`g.revision, g.name`,
      isLive: sql`g.usage_count > 0`,
    }),
    values: { usage_count: { type: 'integer', value: sql`g.usage_count` } },
    item: { from: 'values', read: (row, name) => ({ name, ...readCount(row) }) },
    // `offset 0` prevents the planner from turning the lookup into a join over all tags.
    existsAgain: (userId, name) =>
      sql`exists (select from duly.tags g where g.user_id = ${userId} and g.name = ${name} offset 0)`,
  },
};
