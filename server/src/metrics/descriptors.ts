import { readdirSync, readFileSync } from 'node:fs';
import { type MetricFamily, maxGauge } from './text-format.ts';

/** Null where the system does not tell, as on macOS. */
function openDescriptors(): number | null {
  try {
    // The directory that is being read is one of them.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}

function maxDescriptors(): number | null {
  try {
    const [, soft] =
      /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  } catch {
    return null;
  }
}

/**
 * How near a process is to its limit of open files. The limit is each process's own, so of several the one with the
 * most counts: a sum would hide one that has none left.
 */
export function descriptorMetrics(): MetricFamily[] {
  const [open, max] = [openDescriptors(), maxDescriptors()];
  return [
    ...(open === null
      ? []
      : [maxGauge('process_open_fds', 'Open file descriptors, of the process that has the most.', open)]),
    ...(max === null ? [] : [maxGauge('process_max_fds', 'How many each process may have.', max)]),
  ];
}
