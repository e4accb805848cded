import { FlagState, listFlags } from '../../admin/flags.ts';
import { Type } from '../../platform/schema.ts';
import { operation } from '../contract/operation.ts';
import { adminGroup as group } from './admin-schemas.ts';

export const adminListFlags = operation({
  id: 'adminListFlags',
  summary: 'List feature flags',
  description: 'The setting `FEATURE_FLAGS` changes them, at the next start.',
  group,
  input: {},
  success: {
    message: 'Feature flags retrieved successfully',
    data: Type.Array(FlagState),
    description: 'Every feature flag.',
  },
  errors: [],
  async handle({ ctx }) {
    return { data: listFlags(ctx.config.flags) };
  },
});
