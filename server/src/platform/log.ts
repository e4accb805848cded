import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * So many characters of lines are written at once, and fewer after so long: a write for each line is a tenth of the
 * cost of a request.
 */
const flushAtChars = 16_384;
const flushIntervalMs = 50;
/** The most that gets through a pipe in one piece, whoever else writes to it (PIPE_BUF of Linux). */
const pipeAtomicChars = 4_096;
/** What waits for a reader that is slow, or a disk that is full; what comes then is dropped. */
const maxBufferedBytes = 16 * 1024 * 1024;

/**
 * JSON lines on stdout, written without blocking; the time is RFC 3339 UTC. What waits is written when the process ends
 * by itself; when it is killed, the lines of the last moment are lost. A disk that is full costs lines, and nothing
 * else.
 * @param worker the number of this process among several that serve
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

/** Where a log's lines go. */
export const logStreamOf = (log: Logger): DestinationStream => Reflect.get(log, pino.symbols.streamSym);

/** Where the log goes, this may not go either. */
function writeToStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody is there to be told.
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
  // Before the destination's own listener, which would try for ever to write the last of what it was given.
  process.prependListener('exit', () => (isBroken ? destination.destroy() : write()));
  return {
    write(line) {
      if (lines !== '' && lines.length + line.length > maxChars) write();
      lines += line;
      timer ??= setTimeout(write, flushIntervalMs).unref();
    },
  };
}
