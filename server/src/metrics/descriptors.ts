import { readdirSync, readFileSync } from 'node:fs';
import { type MetricFamily, maxGauge } from './text-format.ts';

/** Null without `/proc`, as on macOS. */
function openDescriptors(): number | null {
  try {
    // Minus the descriptor of the directory being read.
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
 * Open file descriptors and their limit. The limit applies to each process, so several are aggregated by maximum: a sum
 * would hide a process that has none left.
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
