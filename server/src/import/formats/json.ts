import { ImportError } from '../model.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * @param what what the file should be, for the message
 * @throws ImportError
 */
export function parseDocument(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ImportError(`The file is not ${what}: ${whereOf(error, text)}`);
  }
}

/** Line and column, or the text around the error, as V8's message has it; V8 gives neither if the text ends early. */
function whereOf(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message.slice(-100) : '';
  const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(message) ?? [];
  if (line !== undefined) return `the JSON is broken in line ${line}, column ${column}`;
  const [, around] = /"([\s\S]+)"(?:\.\.\.)? is not valid JSON$/.exec(message) ?? [];
  const at = around === undefined ? -1 : text.indexOf(around);
  if (around === undefined || at < 0) return 'it is no JSON, or it is not complete';
  const middle = at + Math.floor(around.length / 2);
  return `the JSON is broken near line ${text.slice(0, middle).split('\n').length}`;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The elements of an array; none for anything else. */
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text that is not blank. Numbers count as text: some programs write their ids so. */
export function textIn(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
