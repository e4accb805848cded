import { Pagination } from '../../db/page-schemas.ts';
import * as log from '../../deliveries/list.ts';
import { type Delivery, DeliveryListQuery } from '../../deliveries/model.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath } from '../../writes/user-path.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import { logHeaders } from '../contract/schemas.ts';
import { compress } from '../hooks/content-coding.ts';

/** Not cached: a delivery changes without a new revision of its user. */
export const listDeliveries = operation({
  id: 'listDeliveries',
  summary: 'List what was sent to the channels of the user',
  description:
    'The log of reminders and digests, newest first. It is no part of the change feed. Entries are deleted some time after they are finished (DELIVERY_RETENTION_DAYS).',
  group: 'Reminders',
  input: { params: UserPath, querystring: DeliveryListQuery },
  success: {
    message: 'Deliveries retrieved successfully',
    data: Type.Array(Type.Ref('Delivery')),
    description: 'A page of deliveries, newest first.',
    headers: logHeaders,
    more: { pagination: Pagination },
  },
  errors: [410, 422],
  options: { onSend: compress },
  async handle({ ctx, request: { params, query, url } }) {
    const page = await log.listDeliveries(ctx.db, params.user_id, query, cursorKeysOf(ctx));
    const { items, pagination } = page;
    // Only the response cache sends bytes as they are.
    const data: Delivery[] = JSON.parse(`[${items}]`);
    return { data, more: { pagination }, headers: pageHeadersOf(url, page) };
  },
});
