import * as service from '../../digest/unsubscribe.ts';
import { invalidLink } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { operation } from '../contract/operation.ts';
import { auditOriginOf } from '../hooks/authentication.ts';

const UnsubscribeQuery = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 2_000, description: 'That of the mail.' }) },
  { additionalProperties: false },
);

/** The token is the only credential: who has a digest can end it, and do nothing else. */
export const unsubscribeDigest = operation({
  id: 'unsubscribeDigest',
  summary: 'End the digest by the link of a mail',
  description:
    'RFC 8058: mail programs send it for their own button, with a form as body, which is not looked at. Sets ' +
    '`digest_hour` to null; again, it changes nothing. GET is a page with a button that sends it.',
  group: 'Profile',
  input: { querystring: UnsubscribeQuery },
  success: {
    message: 'Unsubscribed successfully',
    data: Type.Null(),
    description: 'There are no more digests.',
  },
  errors: [413, 415, 422],
  errorDescriptions: { 400: 'The link is not valid (INVALID_TOKEN), or the request is not.' },
  errorExamples: { 400: invalidLink() },
  options: { config: { acceptsForms: true }, bodyLimit: 4_096 },
  async handle({ ctx, db, request }) {
    const { secrets } = ctx.config.auth;
    const userId = await service.unsubscribeDigest(db, request.query.token, secrets, auditOriginOf(request));
    ctx.changeNotifier.publish(userId);
    return { data: null };
  },
});
