import { type Logger, pino } from 'pino';

/** JSON lines on stdout, written without blocking; the time is RFC 3339 UTC. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: { service: 'duly' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
