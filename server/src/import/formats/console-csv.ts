import { type FoundData, ImportError, type ImportFormat, type ReadOptions } from '../model.ts';
import { cellOf, readTable } from './csv.ts';
import { addPlainTask, areFieldsOfTask } from './fields.ts';
import { createFinder } from './found.ts';
import { decodeText, headOf, quote } from './text.ts';

const namesIn = (line: string) => line.split(/[,;\t]/).map((name) => name.replaceAll('"', ''));
const firstLineOf = (text: string) => text.trimStart().split(/\r\n|\n|\r/, 1)[0] ?? '';

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const text = decodeText(file);
  const header = firstLineOf(text);
  if (!areFieldsOfTask(namesIn(header)))
    throw new ImportError(
      `Line 1 does not name the columns of tasks, such as "title" and "due_date": ${quote(header)}`,
    );
  // The first line is the one with the names, whichever they are.
  const [first = ''] = namesIn(header);
  const table = readTable(text.trimStart(), [first.trim().toLowerCase()]);
  const names = [...table.columns.keys()];
  const finder = createFinder();
  for (const row of table.rows) {
    const task = Object.fromEntries(names.map((name) => [name, cellOf(table, row, name)]));
    addPlainTask(task, `line ${row.line}`, finder, timeZone);
  }
  return finder.finish();
}

export const consoleCsv: ImportFormat = {
  name: 'console-csv',
  label: 'List of tasks (CSV)',
  recognises: (file) => areFieldsOfTask(namesIn(firstLineOf(headOf(file)))),
  read,
};
