import { type FoundData, ImportError, type ImportFormat, type ReadOptions } from '../model.ts';
import { addPlainTask, areFieldsOfTask } from './fields.ts';
import { createFinder } from './found.ts';
import { isJsonObject, parseDocument } from './json.ts';
import { decodeText, headOf } from './text.ts';

const listNames = ['tasks', 'todos', 'items'];

/** The array of tasks, at the top or below one of a few names. */
function tasksOf(document: unknown): readonly unknown[] {
  const lists = isJsonObject(document) ? listNames.map((name) => document[name]) : [document];
  const tasks = lists.find(Array.isArray);
  if (tasks === undefined)
    throw new ImportError(
      'The file has no list of tasks: a JSON array was expected, or an object with "tasks"',
    );
  return tasks;
}

function read(file: Buffer, { timeZone }: ReadOptions): FoundData {
  const finder = createFinder();
  tasksOf(parseDocument(decodeText(file), 'a list of tasks')).forEach((task, index) => {
    const place = `tasks.${index}`;
    if (isJsonObject(task)) addPlainTask(task, place, finder, timeZone);
    else finder.skipped(place, 'is no task, which would be a JSON object');
  });
  return finder.finish();
}

export const consoleJson: ImportFormat = {
  name: 'console-json',
  label: 'List of tasks (JSON)',
  recognises(file) {
    const head = headOf(file);
    const isList = /^\s*\[/.test(head) || /^\s*\{\s*"(?:tasks|todos|items)"\s*:\s*\[/.test(head);
    const names = [...head.matchAll(/"(\w{1,20})"\s{0,5}:/g)].map(([, name = '']) => name);
    return isList && areFieldsOfTask(names);
  },
  read,
};
