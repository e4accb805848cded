import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * Lines are written once they have this many characters, or after this time. One write per line costs a tenth of a
 * request.
 */
const flushAtChars = 16_384;
const flushIntervalMs = 50;
/** The largest write to a pipe that is not interleaved with other writers' (PIPE_BUF of Linux). */
const pipeAtomicChars = 4_096;
/** Buffer for a slow reader or a full disk. Lines beyond it are dropped. */
const maxBufferedBytes = 16 * 1024 * 1024;

/**
 * JSON lines on stdout, written without blocking; times are RFC 3339 in UTC. Buffered lines are written when the
 * process exits, and lost when it is killed. A full disk loses lines and has no other effect.
 * @param worker the number of this worker process; undefined without workers
 */
export function createLog(level: string, worker?: number): Logger {
  const options = {
    level,
    base: { service: 'duly', ...(worker === undefined ? {} : { worker }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, bufferedDestination(worker === undefined ? flushAtChars : pipeAtomicChars));
}

export const logStreamOf = (log: Logger): DestinationStream => Reflect.get(log, pino.symbols.streamSym);

/** stderr may be closed or full like stdout. */
function writeToStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // There is no other output to report it on.
  }
}

function bufferedDestination(maxChars: number): DestinationStream {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    destination.write(lines);
    lines = '';
  };
  const destination = pino.destination({
    dest: 1,
    sync: false,
    maxWrite: maxChars,
    maxLength: maxBufferedBytes,
  });
  let isBroken = false;
  destination.on('error', (error: NodeJS.ErrnoException) => {
    if (!isBroken && error.code !== 'EPIPE') writeToStderr(`the log cannot be written: ${error.message}`);
    isBroken = true;
  });
  destination.on('write', () => {
    isBroken = false;
  });
  // Runs before the destination's own listener, which would retry its last write for ever.
  process.prependListener('exit', () => (isBroken ? destination.destroy() : write()));
  return {
    write(line) {
      if (lines !== '' && lines.length + line.length > maxChars) write();
      lines += line;
      timer ??= setTimeout(write, flushIntervalMs).unref();
    },
  };
}
