import type { GuardedResponse } from './guarded-request.ts';
import type { FailureClass, SendResult } from './model.ts';

const isPermanent = (error: FailureClass): boolean => error === 'refused_address' || error === 'gone';

/** @param goneStatuses those by which a receiver says that it takes no more */
export function toSendResult(response: GuardedResponse, goneStatuses: readonly number[]): SendResult {
  if ('error' in response) return failed(response.error, null);
  const { status } = response;
  if (status >= 200 && status < 300) return { outcome: 'sent', status };
  if (goneStatuses.includes(status)) return failed('gone', status);
  return failed(status >= 300 && status < 400 ? 'redirect' : 'http_status', status);
}

export const failed = (error: FailureClass, status: number | null): SendResult => ({
  outcome: 'failed',
  error,
  status,
  isPermanent: isPermanent(error),
});
