import { pino } from 'pino';

export const silentLog = pino({ level: 'silent' });

const maxLines = 30;
const lines: string[] = [];

/** A log whose last warnings and errors a test that fails prints: why it got a 503, for one. */
export const recentLog = pino(
  { level: 'warn' },
  {
    write(line: string) {
      lines.push(line.trimEnd());
      if (lines.length > maxLines) lines.shift();
    },
  },
);

/** The last lines of `recentLog`, which forgets them. */
export const takeRecentLines = (): string[] => lines.splice(0);
