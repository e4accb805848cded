import { styled } from './terminal.ts';

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** For people, beside the result. */
export function note(text: string): void {
  process.stderr.write(`${styled('yellow', text, process.stderr)}\n`);
}
