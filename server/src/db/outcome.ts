import { outcomeUnknown } from '../platform/errors.ts';
import { isConnectionFailure } from './failures.ts';

/**
 * For the error of a statement that commits: without a connection nobody can tell whether it did.
 * @throws AppError OUTCOME_UNKNOWN after a lost connection, else the error itself
 */
export function throwOutcome(error: unknown): never {
  throw isConnectionFailure(error) ? outcomeUnknown(error) : error;
}
