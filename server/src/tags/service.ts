import type { Db } from '../db/schema.ts';
import { notFound } from '../platform/errors.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import { unchanged, type WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import type { Tag } from './model.ts';
import { removeTagCte, renamedTagQuery, renameTagCte, tagQuery } from './queries.ts';

/**
 * Renames a tag on all tasks, in the trash too. An existing tag of the new name is merged with it.
 * @throws AppError NOT_FOUND when no task has it.
 */
export function renameTag(
  db: Db,
  userId: string,
  context: WriteContext,
  name: string,
  newName: string,
): Promise<WriteResult<Tag>> {
  return write(db, userId, context, {
    read: renamedTagQuery(userId, name, newName),
    decide(found, { versionFloor }) {
      const renamed = requireTag(found);
      if (newName === name) return unchanged(renamed);
      return {
        value: renamed,
        changes: [renameTagCte(userId, versionFloor, name, newName)],
        auditActions: [{ action: 'tag.rename' }],
      };
    },
  });
}

/**
 * Removes a tag from all tasks, in the trash too.
 * @throws AppError NOT_FOUND when no task has it.
 */
export function deleteTag(
  db: Db,
  userId: string,
  context: WriteContext,
  name: string,
): Promise<WriteResult<null>> {
  return write(db, userId, context, {
    read: tagQuery(userId, name),
    decide(found, { versionFloor }) {
      requireTag(found);
      return {
        value: null,
        changes: [removeTagCte(userId, versionFloor, name)],
        auditActions: [{ action: 'tag.delete' }],
      };
    },
  });
}

function requireTag(found: Tag | null): Tag {
  if (found === null) throw notFound('Tag');
  return found;
}
