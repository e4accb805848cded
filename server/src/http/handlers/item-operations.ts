import type { Item } from '../../items/kind.ts';
import type { ItemOperations } from './item-definition.ts';
import { getOperation, listOperation, trashListOperation } from './item-reads.ts';
import {
  createOperation,
  deleteOperation,
  moveOperation,
  purgeOperation,
  restoreOperation,
  updateOperation,
} from './item-writes.ts';

/** The operations that every noun of items has. */
export const itemOperations = <I extends Item>(definition: ItemOperations<I>) => ({
  list: listOperation(definition),
  get: getOperation(definition),
  create: createOperation(definition),
  update: updateOperation(definition),
  remove: deleteOperation(definition),
  move: moveOperation(definition),
  listTrash: trashListOperation(definition),
  restore: restoreOperation(definition),
  purge: purgeOperation(definition),
});
