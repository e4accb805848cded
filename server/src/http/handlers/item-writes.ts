import type { FastifySchema } from 'fastify';
import type { Item } from '../../items/kind.ts';
import { type ItemPatch, Move } from '../../items/model.ts';
import * as service from '../../items/service.ts';
import * as trash from '../../items/trash.ts';
import { notFound } from '../../platform/errors.ts';
import { type TSchema, Type } from '../../platform/schema.ts';
import { Precondition } from '../../tasks/model.ts';
import type { WriteResult } from '../../writes/idempotency.ts';
import { UserPath } from '../../writes/user-path.ts';
import { etagOf } from '../contract/conditions.ts';
import { type Call, operation } from '../contract/operation.ts';
import { ConditionalHeaders, WriteHeaders } from '../contract/schemas.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';
import {
  changeErrors,
  etagHeader,
  type ItemOperations,
  itemErrorExamples,
  itemPath,
  pathParam,
  targetOf,
  userIdOf,
} from './item-definition.ts';

export function createOperation<I extends Item>(definition: ItemOperations<I>) {
  const { kind, one, many, group, schemas, newItem, listPath = UserPath } = definition;
  const { label, noun, parent } = kind;
  return operation<FastifySchema>({
    id: `create${one}`,
    summary: `Create a ${noun}`,
    description: 'It is the last in the manual order. Fields that are absent get their defaults.',
    group,
    input: { params: listPath, headers: WriteHeaders, body: newItem },
    success: {
      status: 201,
      message: `${label} created successfully`,
      data: Type.Ref(schemas.single),
      description: `The new ${noun}.`,
      headers: etagHeader(noun),
    },
    errors: parent === undefined ? [409, 413, 415, 422] : [404, 409, 413, 415, 422],
    ...(parent !== undefined && { errorExamples: { 404: notFound(parent.label) } }),
    async handle({ db, request, reply }) {
      const userId = userIdOf(request.params);
      const parentId = parent === undefined ? null : pathParam(request.params, parent.column);
      // The schema of the route has validated it.
      const input = request.body as Record<string, unknown>;
      const result = await service.createItem(db, userId, writeContextOf(request), kind, input, parentId);
      const item = takeResult(request, result);
      const location = `/api/v1/users/${encodeURIComponent(userId)}/${many.toLowerCase()}/${item.id}`;
      reply.header('etag', etagOf(item)).header('location', location);
      return { data: item };
    },
  });
}

/** What a write of one item differs in. */
interface ItemWrite {
  /** The operation's id is `verb` and the noun. */
  verb: string;
  /** The participle of the message: "Project updated successfully". */
  done: string;
  summary: string;
  description: string;
  group: string;
  body: TSchema;
}

function writeOperation<I extends Item>(
  { kind, one, schemas, example }: ItemOperations<I>,
  { verb, done, summary, description, group, body }: ItemWrite,
  returnsItem: boolean,
  perform: (
    call: Pick<Call, 'db' | 'request'>,
    target: service.ItemTarget<I>,
  ) => Promise<WriteResult<I | null>>,
) {
  const { label, noun } = kind;
  return operation<FastifySchema>({
    id: `${verb}${one}`,
    summary,
    description,
    group,
    input: { params: itemPath(noun), headers: ConditionalHeaders, body },
    success: {
      message: `${label} ${done} successfully`,
      data: returnsItem ? Type.Ref(schemas.single) : Type.Null(),
      description: `The ${noun} ${returnsItem ? 'after the change' : 'is gone'}.`,
      ...(returnsItem && { headers: etagHeader(noun) }),
    },
    errors: changeErrors,
    errorExamples: itemErrorExamples(kind, example),
    async handle({ db, request, reply }) {
      const item = takeResult(request, await perform({ db, request }, targetOf(kind, request)));
      if (item !== null) reply.header('etag', etagOf(item));
      return { data: item };
    },
  });
}

export function updateOperation<I extends Item>(definition: ItemOperations<I>) {
  const texts = {
    ...{ verb: 'update', done: 'updated', group: definition.group, body: definition.patch },
    summary: `Update a ${definition.kind.noun}`,
    description: 'JSON Merge Patch (RFC 7396): absent keeps, null clears.',
  };
  return writeOperation(definition, texts, true, ({ db, request }, target) => {
    const userId = userIdOf(request.params);
    // The schema of the route has validated it.
    return service.patchItem(db, userId, writeContextOf(request), target, request.body as ItemPatch);
  });
}

export function moveOperation<I extends Item>(definition: ItemOperations<I>) {
  const texts = {
    ...{ verb: 'move', done: 'moved', group: definition.group, body: Move },
    summary: `Move a ${definition.kind.noun} within the manual order`,
    description:
      'One row is written. When keys get too long, some others get new ones, which raises their versions.',
  };
  return writeOperation(definition, texts, true, ({ db, request }, target) => {
    const userId = userIdOf(request.params);
    return service.moveItem(db, userId, writeContextOf(request), target, request.body as Move);
  });
}

export function deleteOperation<I extends Item>(definition: ItemOperations<I>) {
  const { kind, group, texts } = definition;
  const common = {
    ...{ verb: 'delete', done: 'deleted', group, body: Precondition },
    summary: `Delete a ${kind.noun}`,
    description: texts?.delete ?? `The ${kind.noun} is gone from every read at once, and in the trash.`,
  };
  return writeOperation(definition, common, false, ({ db, request }, target) =>
    service.deleteItem(db, userIdOf(request.params), writeContextOf(request), target),
  );
}

export function restoreOperation<I extends Item>(definition: ItemOperations<I>) {
  const { kind, texts } = definition;
  const common = {
    ...{ verb: 'restore', done: 'restored', group: 'Trash', body: Precondition },
    summary: `Restore a deleted ${kind.noun}`,
    description: texts?.restore ?? 'It comes back as it was.',
  };
  return writeOperation(definition, common, true, ({ db, request }, target) =>
    trash.restoreItem(db, userIdOf(request.params), writeContextOf(request), target),
  );
}

export function purgeOperation<I extends Item>(definition: ItemOperations<I>) {
  const texts = {
    ...{ verb: 'purge', done: 'purged', group: 'Trash', body: Precondition },
    summary: `Delete a ${definition.kind.noun} from the trash for good`,
    description: 'Cannot be undone.',
  };
  return writeOperation(definition, texts, false, ({ db, request }, target) =>
    trash.purgeItem(db, userIdOf(request.params), writeContextOf(request), target),
  );
}
