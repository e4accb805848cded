import type { DulyError } from '../errors.ts';
import type { QueuedWrite } from './types.ts';

/** A write that the server cannot do must not hold up all others for good; but a broken server may be mended soon. */
const maxFaults = 8;
const minMs = 600_000;

/** The server itself has failed, at this write or at all. */
export const isFault = ({ status, code }: DulyError): boolean => status === 500 && code === 'INTERNAL_ERROR';

/** The write with its faults counted, to be sent again later; null if the error is no fault, or there were too many. */
export function countFault(write: QueuedWrite, error: DulyError): QueuedWrite | null {
  const { sent } = write;
  if (sent === undefined || !isFault(error)) return null;
  const faults = (sent.faults ?? 0) + 1;
  if (faults >= maxFaults && Date.now() - sent.at >= minMs) return null;
  return { ...write, sent: { ...sent, faults } };
}
