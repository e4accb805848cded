import { clearFailure } from './failure-record.ts';
import { isLostConnection } from './failures.ts';

/** Runs `read` a second time if its connection was lost. For work that changes nothing, or that may be repeated. */
export async function retryRead<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isLostConnection(error)) throw error;
    clearFailure();
    return read();
  }
}
