import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { Failure } from '../failure.ts';

export interface Prompts {
  /** Ctrl-D ends the program. */
  ask(question: string): Promise<string>;
  /** Without an echo. */
  askSecret(question: string): Promise<string>;
  close(): void;
}

/**
 * Asks on the terminal. If standard input is none, answers are its lines, and no question is shown.
 */
export function openPrompts(): Prompts {
  const isTerminal = process.stdin.isTTY === true;
  let isMuted = false;
  const output = new Writable({
    write(chunk, _, done) {
      if (!isMuted) process.stderr.write(chunk);
      done();
    },
  });
  const reader = createInterface({ input: process.stdin, output, terminal: isTerminal });
  const nextLine = createLines(reader);
  async function ask(question: string, isSecret: boolean): Promise<string> {
    if (isTerminal) process.stderr.write(question);
    isMuted = isSecret;
    const line = await nextLine();
    isMuted = false;
    if (isTerminal && isSecret) process.stderr.write('\n');
    if (line === null) throw new Failure('failed', 'Nothing was entered');
    return line;
  }
  return {
    ask: (question) => ask(question, false),
    askSecret: (question) => ask(question, true),
    close: () => reader.close(),
  };
}

/** Lines may come before they are asked for. Null at the end. */
function createLines(reader: Interface): () => Promise<string | null> {
  const lines: string[] = [];
  let isEnded = false;
  let wake: (() => void) | undefined;
  reader.on('line', (line) => {
    lines.push(line);
    wake?.();
  });
  reader.on('close', () => {
    isEnded = true;
    wake?.();
  });
  // Ctrl-C; readline keeps it from the process.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return async () => {
    if (lines.length === 0 && !isEnded)
      await new Promise<void>((settle) => {
        wake = settle;
      });
    return lines.shift() ?? null;
  };
}
