import { sql } from 'kysely';
import type { Tx } from '../db/schema.ts';

/**
 * Adds 1 to the owner's revision, making the owner's row at the first write. From here to the end of the transaction
 * nobody else changes anything of this user.
 */
export async function bumpRevision(tx: Tx, userId: string): Promise<bigint> {
  const { revision } = await tx
    .insertInto('owners')
    .values({ user_id: userId, revision: 1n })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet({ revision: sql<bigint>`owners.revision + 1` }),
    )
    .returning('revision')
    .executeTakeFirstOrThrow();
  return revision;
}
