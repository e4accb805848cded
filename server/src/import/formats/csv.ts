import { ImportError } from '../model.ts';
import { quote } from './text.ts';

export interface CsvRow {
  /** The line of its first cell; the file begins with line 1. */
  line: number;
  cells: readonly string[];
}

/** Rows of other lengths than the header's are read as well; this is against a file of separators. */
const maxCells = 200;

/** Reads a cell after a cell. Line breaks are LF or CRLF; CR alone is one in a file that has no LF. */
class CsvReader {
  readonly #text: string;
  readonly #separator: string;
  readonly #lineBreak: string;
  #at = 0;
  #line = 1;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
    this.#lineBreak = text.includes('\n') ? '\n' : '\r';
  }

  *rows(): Generator<CsvRow> {
    while (this.#at < this.#text.length) {
      const line = this.#line;
      yield { line, cells: this.#row(line) };
    }
  }

  #row(line: number): string[] {
    const cells: string[] = [];
    for (;;) {
      cells.push(this.#text[this.#at] === '"' ? this.#quoted(line) : this.#plain());
      if (cells.length > maxCells) throw new ImportError(`Line ${line} has more than ${maxCells} cells`);
      const end = this.#text[this.#at];
      this.#at++;
      if (end === this.#separator) continue;
      if (end === this.#lineBreak) this.#line++;
      return cells;
    }
  }

  #quoted(line: number): string {
    const begin = this.#at + 1;
    let end = this.#text.indexOf('"', begin);
    while (end >= 0 && this.#text[end + 1] === '"') end = this.#text.indexOf('"', end + 2);
    if (end < 0) throw new ImportError(`The quoted cell of line ${line} has no end: is the file complete?`);
    const cell = this.#text.slice(begin, end);
    for (let at = cell.indexOf(this.#lineBreak); at >= 0; at = cell.indexOf(this.#lineBreak, at + 1))
      this.#line++;
    this.#at = end + 1;
    // Text after the closing quotation mark is not of RFC 4180; it is kept.
    return cell.replaceAll('""', '"') + this.#plain();
  }

  #plain(): string {
    const begin = this.#at;
    let end = begin;
    for (; end < this.#text.length; end++) {
      const char = this.#text[end];
      if (char === this.#separator || char === this.#lineBreak) break;
    }
    this.#at = end;
    const isCrLf = this.#text[end] === '\n' && this.#text[end - 1] === '\r' && end > begin;
    return this.#text.slice(begin, isCrLf ? end - 1 : end);
  }
}

/** A file with the names of its columns in a row. Names count without case and surrounding space. */
export interface CsvTable {
  /** The trimmed names in lower case. */
  columns: ReadonlyMap<string, number>;
  rows: CsvRow[];
}

const separators = [',', ';', '\t'];

/**
 * Finds the row with the names of columns among the first ones, and reads what follows.
 * @param required in lower case: names that make a row the one with the names
 * @throws ImportError
 */
export function readTable(text: string, required: readonly string[]): CsvTable {
  for (const separator of separators) {
    const rows = new CsvReader(text, separator).rows();
    const columns = findColumns(rows, required);
    if (columns !== null)
      return { columns, rows: [...rows].filter(({ cells }) => cells.some((cell) => cell.trim() !== '')) };
  }
  const first = text.split(/[\r\n]/, 1)[0] ?? '';
  throw new ImportError(
    `No line names the columns ${required.map((name) => `"${name}"`).join(', ')}; the first line is ${quote(first)}`,
  );
}

/** Some programs write a few lines before the names. */
const maxLinesBefore = 20;

function findColumns(rows: Iterator<CsvRow>, required: readonly string[]): Map<string, number> | null {
  for (let count = 0; count < maxLinesBefore; count++) {
    const { value, done } = rows.next();
    if (done) return null;
    const columns = columnsOf(value.cells);
    if (required.every((name) => columns.has(name))) return columns;
  }
  return null;
}

function columnsOf(cells: readonly string[]): Map<string, number> {
  const columns = new Map<string, number>();
  cells.forEach((cell, index) => {
    const name = cell.trim().toLowerCase();
    if (name !== '' && !columns.has(name)) columns.set(name, index);
  });
  return columns;
}

/** The value of a column, trimmed; empty if the row or the file does not have it. */
export const cellOf = ({ columns }: CsvTable, { cells }: CsvRow, name: string): string =>
  (cells[columns.get(name) ?? -1] ?? '').trim();

/** Whether the head of a file has a line with these names of columns, in any order. */
export function hasColumns(head: string, required: readonly string[]): boolean {
  return head.split(/\r\n|\n|\r/, maxLinesBefore).some((line) =>
    separators.some((separator) => {
      const names = new Set(
        line.split(separator).map((name) => name.replaceAll('"', '').trim().toLowerCase()),
      );
      return required.every((name) => names.has(name));
    }),
  );
}
