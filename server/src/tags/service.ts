import type { Db, Tx } from '../db/schema.ts';
import { unchanged } from '../db/transaction.ts';
import { notFound } from '../platform/errors.ts';
import { type WriteContext, write } from '../writes/write.ts';
import type { Tag } from './model.ts';
import { findTag, replaceTag } from './queries.ts';

/**
 * Renames a tag on all tasks, in the trash too; onto one that there is, it merges.
 * @throws AppError NOT_FOUND when no task has it.
 */
export function renameTag(
  db: Db,
  userId: string,
  context: WriteContext,
  name: string,
  newName: string,
): Promise<Tag> {
  return write(db, userId, context, { action: 'tag.rename' }, async (tx, stamp) => {
    const before = await requireTag(tx, userId, name);
    if (newName === name) throw unchanged(before);
    await replaceTag(tx, userId, stamp, name, [newName]);
    return requireTag(tx, userId, newName);
  });
}

/**
 * Takes a tag off all tasks, in the trash too.
 * @throws AppError NOT_FOUND when no task has it.
 */
export async function deleteTag(db: Db, userId: string, context: WriteContext, name: string): Promise<void> {
  await write(db, userId, context, { action: 'tag.delete' }, async (tx, stamp) => {
    await requireTag(tx, userId, name);
    await replaceTag(tx, userId, stamp, name, []);
  });
}

async function requireTag(tx: Tx, userId: string, name: string): Promise<Tag> {
  const found = await findTag(tx, userId, name);
  if (found === null) throw notFound('Tag');
  return found;
}
