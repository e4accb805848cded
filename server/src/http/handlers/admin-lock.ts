import { findServiceLock } from '../../admin/queries.ts';
import { lockService, unlockService } from '../../admin/service.ts';
import { Type } from '../../platform/schema.ts';
import { operation } from '../contract/operation.ts';
import type { Success } from '../contract/surface.ts';
import { auditOriginOf } from '../hooks/authentication.ts';
import { adminGroup as group } from './admin-schemas.ts';

const LockState = Type.Object({
  locked_at: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' }),
});
const success = (message: string): Success => ({
  message,
  data: LockState,
  description: 'Whether the service is locked.',
});
const result = (since: Date | null) => ({ data: { locked_at: since?.toISOString() ?? null } });

const description = 'Answered while the service is locked, too.';
const errors = [413, 415];
const options = { config: { allowedWhileLocked: true } };

export const adminGetLock = operation({
  id: 'adminGetLock',
  summary: 'Whether the service is locked',
  description,
  group,
  input: {},
  success: success('Lock retrieved successfully'),
  errors,
  options,
  handle: async ({ db }) => result(await findServiceLock(db)),
});

export const adminLock = operation({
  id: 'adminLock',
  summary: 'Lock the whole service',
  description:
    'Within 1 s every instance answers 503 to everything below `/api` but these three; health stays up.',
  group,
  input: {},
  success: success('Service locked'),
  errors,
  options,
  handle: async ({ db, request }) => result(await lockService(db, auditOriginOf(request))),
});

export const adminUnlock = operation({
  id: 'adminUnlock',
  summary: 'Unlock the service',
  description,
  group,
  input: {},
  success: success('Service unlocked'),
  errors,
  options,
  handle: async ({ db, request }) => result(await unlockService(db, auditOriginOf(request))),
});
