import type { ImportFormat } from '../model.ts';
import { consoleCsv } from './console-csv.ts';
import { consoleJson } from './console-json.ts';
import { dulyCsv } from './duly-csv.ts';
import { googleTasks } from './google-tasks.ts';
import { ics } from './ics.ts';
import { microsoftTodo } from './microsoft-todo.ts';
import { taskwarrior } from './taskwarrior.ts';
import { ticktickCsv } from './ticktick-csv.ts';
import { todoTxt } from './todo-txt.ts';
import { todoistCsv } from './todoist-csv.ts';
import { todoistZip } from './todoist-zip.ts';

/** Formats that are recognised by a typical beginning come before those that accept almost any file. */
export const importFormats: readonly ImportFormat[] = [
  todoistZip,
  ics,
  googleTasks,
  taskwarrior,
  microsoftTodo,
  dulyCsv,
  ticktickCsv,
  todoistCsv,
  consoleJson,
  consoleCsv,
  todoTxt,
];

/**
 * The format that the file looks like.
 * @param name of the file; may be empty
 */
export const findFormat = (file: Buffer, name: string): ImportFormat | undefined =>
  importFormats.find((format) => format.recognises(file, name));
