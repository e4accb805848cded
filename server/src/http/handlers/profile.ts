import { Type } from '../../platform/schema.ts';
import { ProfilePatch } from '../../profiles/model.ts';
import { findProfile } from '../../profiles/queries.ts';
import * as service from '../../profiles/service.ts';
import { UserPath } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { contentEtagHeader, WriteHeaders } from '../contract/schemas.ts';
import { cacheable } from '../hooks/cached-responses.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

const group = 'Profile';

export const getProfile = operation({
  id: 'getProfile',
  summary: 'Get the profile',
  description: 'Users of other issuers have one too, with what they set and defaults.',
  group,
  input: { params: UserPath },
  success: {
    message: 'Profile retrieved successfully',
    data: Type.Ref('Profile'),
    description: 'The profile.',
    headers: contentEtagHeader,
  },
  errors: [422],
  caching: cacheable,
  async handle({ db, request }) {
    return { data: await findProfile(db, request.params.user_id) };
  },
});

export const patchProfile = operation({
  id: 'patchProfile',
  summary: 'Change the profile',
  description: 'Merge patch (RFC 7396): absent keeps; null clears a name, but not of an account.',
  group,
  input: { params: UserPath, headers: WriteHeaders, body: ProfilePatch },
  success: {
    message: 'Profile updated successfully',
    data: Type.Ref('Profile'),
    description: 'The profile as it is now.',
  },
  errors: [409, 413, 415, 422],
  async handle({ db, request }) {
    const { params, body } = request;
    return {
      data: takeResult(
        request,
        await service.patchProfile(db, params.user_id, writeContextOf(request), body),
      ),
    };
  },
});
