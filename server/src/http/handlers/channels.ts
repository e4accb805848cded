import { ChannelPatch, ChannelPath, channelExample, NewChannel } from '../../channels/model.ts';
import { findChannel, readChannelPage } from '../../channels/queries.ts';
import * as service from '../../channels/service.ts';
import { testChannel as sendTest } from '../../channels/test-send.ts';
import { requireFeature } from '../../config/flags.ts';
import { Pagination } from '../../db/page-schemas.ts';
import { itemPaging } from '../../items/model.ts';
import {
  featureDisabled,
  limitExceeded,
  notFound,
  preconditionFailed,
  serviceUnavailable,
  versionConflict,
} from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { Precondition } from '../../tasks/model.ts';
import { UserPath } from '../../writes/user-path.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { type Call, operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import {
  ConditionalHeaders,
  featureErrorDescriptions,
  pageHeaders,
  WriteHeaders,
} from '../contract/schemas.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { cacheable, cacheableList } from '../hooks/cached-responses.ts';
import { abortSignalOf } from '../hooks/handler-timeout.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';
import { changeErrors, etagHeader } from './item-definition.ts';

const group = 'Channels';
const headers = etagHeader('channel');
const errorExamples = {
  404: notFound('Channel'),
  409: versionConflict('channel', channelExample),
  412: preconditionFailed('channel', channelExample),
};

const targetOf = (request: {
  params: { channel_id: string };
  body: { version?: number } | null;
  headers: Call['request']['headers'];
}): service.NamedChannel => ({
  id: request.params.channel_id,
  condition: { version: request.body?.version, ifMatch: parseIfMatch(request.headers) },
});

export const listChannels = operation({
  id: 'listChannels',
  summary: 'List channels',
  description: 'Where reminders are sent to, the oldest first.',
  group,
  input: {
    params: UserPath,
    querystring: Type.Object(itemPaging('channels'), { additionalProperties: false }),
  },
  success: {
    message: 'Channels retrieved successfully',
    data: Type.Array(Type.Ref('Channel')),
    description: 'A page of channels.',
    headers: pageHeaders,
    more: { pagination: Pagination },
  },
  errors: [410, 422],
  caching: cacheableList,
  async handle({ ctx, db, request: { params, query, url } }) {
    const page = await readChannelPage(db, params.user_id, query, cursorKeysOf(ctx));
    const { items, pagination } = page;
    return { items, more: { pagination }, headers: pageHeadersOf(url, page) };
  },
});

export const getChannel = operation({
  id: 'getChannel',
  summary: 'Get a channel',
  description: 'Its `ETag` is its version. Secrets are never shown.',
  group,
  input: { params: ChannelPath },
  success: {
    message: 'Channel retrieved successfully',
    data: Type.Ref('Channel'),
    description: 'The channel.',
    headers,
  },
  errors: [404, 422],
  errorExamples: { 404: notFound('Channel') },
  caching: cacheable,
  async handle({ db, request: { params } }) {
    const channel = await findChannel(db, params.user_id, params.channel_id);
    if (channel === null) throw notFound('Channel');
    return { data: channel, headers: { etag: etagOf(channel) } };
  },
});

export const createChannel = operation({
  id: 'createChannel',
  summary: 'Create a channel',
  description:
    'An email channel leads to the confirmed address of the account. A webhook needs `url`; `secret` is shown in this answer only. Push takes what `PushSubscription.toJSON()` gives in a browser; a subscription that is a channel already is answered with that one.',
  group,
  input: { params: UserPath, headers: WriteHeaders, body: NewChannel },
  success: {
    status: 201,
    message: 'Channel created successfully',
    data: Type.Ref('ChannelWithSecret'),
    description: 'The new channel.',
    headers,
  },
  errors: [409, 413, 415, 422],
  errorExamples: { 409: limitExceeded(5, 'webhooks') },
  errorDescriptions: featureErrorDescriptions,
  async handle({ ctx, db, request, reply }) {
    const { params, body } = request;
    const context = writeContextOf(request);
    const result = await service.createChannel(db, params.user_id, context, ctx.config, body);
    const channel = takeResult(request, result);
    const location = `/api/v1/users/${encodeURIComponent(params.user_id)}/channels/${channel.id}`;
    reply.header('etag', etagOf(channel)).header('location', location).header('cache-control', 'no-store');
    return { data: channel };
  },
});

export const updateChannel = operation({
  id: 'updateChannel',
  summary: 'Update a channel',
  description: 'JSON Merge Patch (RFC 7396): absent keeps, null clears. Only `name` and `enabled` change.',
  group,
  input: { params: ChannelPath, headers: ConditionalHeaders, body: ChannelPatch },
  success: {
    message: 'Channel updated successfully',
    data: Type.Ref('Channel'),
    description: 'The channel after the change.',
    headers,
  },
  errors: changeErrors,
  errorExamples,
  async handle({ db, request, reply }) {
    const context = writeContextOf(request);
    const { params, body } = request;
    const result = await service.patchChannel(db, params.user_id, context, targetOf(request), body);
    const channel = takeResult(request, result);
    reply.header('etag', etagOf(channel));
    return { data: channel };
  },
});

export const deleteChannel = operation({
  id: 'deleteChannel',
  summary: 'Delete a channel',
  description: 'For good: there is no trash of channels. Messages that wait for it are not sent.',
  group,
  input: { params: ChannelPath, headers: ConditionalHeaders, body: Precondition },
  success: {
    message: 'Channel deleted successfully',
    data: Type.Null(),
    description: 'The channel is gone.',
  },
  errors: changeErrors,
  errorExamples,
  async handle({ db, request }) {
    const context = writeContextOf(request);
    const result = await service.deleteChannel(db, request.params.user_id, context, targetOf(request));
    return { data: takeResult(request, result) };
  },
});

export const rotateChannelSecret = operation({
  id: 'rotateChannelSecret',
  summary: 'Give a webhook another secret',
  description: 'It is shown in this answer only. The one of before signs no more.',
  group,
  input: { params: ChannelPath, headers: ConditionalHeaders, body: Precondition },
  success: {
    message: 'Secret rotated successfully',
    data: Type.Ref('ChannelWithSecret'),
    description: 'The channel with its new secret.',
    headers,
  },
  errors: changeErrors,
  errorExamples,
  async handle({ ctx, db, request, reply }) {
    const { user_id } = request.params;
    const context = writeContextOf(request);
    const target = targetOf(request);
    const result = await service.rotateChannelSecret(db, user_id, context, ctx.config, target);
    const channel = takeResult(request, result);
    reply.header('etag', etagOf(channel)).header('cache-control', 'no-store');
    return { data: channel };
  },
});

export const testChannel = operation({
  id: 'testChannel',
  summary: 'Send a test message to a channel',
  description:
    'Waits for the receiver, 10 s at most, by email 30 s. The answer is 200 also when nothing was sent, and says why. Limited as `RATE_LIMIT_AUTH` says.',
  group,
  input: { params: ChannelPath },
  success: {
    message: 'Test finished',
    data: Type.Ref('ChannelTest'),
    description: 'What became of the message.',
  },
  errors: [404, 413, 415, 422],
  errorExamples: { 404: notFound('Channel') },
  async handle({ ctx, db, request }) {
    const { user_id, channel_id } = request.params;
    const sender = { senders: ctx.senders, config: ctx.config };
    const signal = abortSignalOf(request);
    return { data: await sendTest(db, user_id, auditOriginOf(request), sender, channel_id, signal) };
  },
});

export const getPushKey = operation({
  id: 'getPushKey',
  summary: 'Get the public key for push subscriptions',
  description:
    'The VAPID key of the service (RFC 8292), for `applicationServerKey` of `pushManager.subscribe`. It stays the same.',
  group,
  input: {},
  success: {
    message: 'Key retrieved successfully',
    data: Type.Object({
      public_key: Type.String({ description: 'An uncompressed P-256 point, in base64url.' }),
    }),
    description: 'The public key.',
  },
  errors: [403],
  errorDescriptions: { 403: 'Push is off for this user (FEATURE_DISABLED).' },
  errorExamples: { 403: featureDisabled('web_push') },
  async handle({ ctx, request }) {
    requireFeature(ctx.config.flags, 'web_push', request.caller?.userId ?? '');
    const { publicKey, privateKey } = await ctx.senders.getPushKeys();
    if (privateKey === null) throw serviceUnavailable();
    return { data: { public_key: publicKey } };
  },
});
