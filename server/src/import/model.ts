import type { Priority } from '../tasks/model.ts';

/** A task as a file has it, in the words of Duly. The rules for tasks are checked later. */
export interface FoundTask {
  /**
   * Names it within the file, and stays the same when the same data is exported again: the id of the other program, or
   * else what makes it unique there. From it comes the id here, so that a repeated import creates nothing.
   */
  key: string;
  /** Where it is in the file, as a person would look for it: `line 12`, `tasks.3`. */
  place: string;
  title: string;
  description: string | null;
  /** Null: that of a new task. */
  priority: Priority | null;
  tags: readonly string[];
  /** Names. A section needs a project. */
  project: string | null;
  section: string | null;
  /** The key of the task that this one is a subtask of. */
  parentKey: string | null;
  /** YYYY-MM-DD */
  dueDate: string | null;
  /** HH:MM */
  dueTime: string | null;
  /** IANA name; null: the user's. */
  timeZone: string | null;
  /** YYYY-MM-DD */
  startDate: string | null;
  /** RRULE without its name, as `FREQ=WEEKLY;BYDAY=MO` (RFC 5545 §3.8.5.3). */
  recurrence: string | null;
  recurrenceFrom: 'due' | 'completion';
  /** YYYY-MM-DD: dates of the rule that do not happen. */
  excludedDates: readonly string[];
  /** Whether it is done, and when (ISO 8601), as far as the file says. */
  completed: boolean;
  completedAt: string | null;
  createdAt: string | null;
  /** Minutes before it is due. */
  reminders: readonly number[];
}

/** What is not taken over as it is: a line that is no task, or a value that has no equal here. */
export interface ImportNote {
  place: string;
  /** `skipped`: nothing comes of it. `changed`: a task comes of it that is not quite the same. */
  kind: 'skipped' | 'changed';
  /** A sentence without a full stop, for a person. It may quote at most 60 characters of the file. */
  reason: string;
}

/** What a file has. */
export interface FoundData {
  /** Parents before their subtasks, and siblings in their order. */
  tasks: readonly FoundTask[];
  notes: readonly ImportNote[];
}

/** Reads the files of one program. */
export interface ImportFormat {
  /** A value of the parameter `format`. */
  name: string;
  /** For people: `Todoist (CSV)`. */
  label: string;
  /** Whether the file looks like one of them, by its first bytes and its name; `name` is empty if there is none. */
  recognises(file: Buffer, name: string): boolean;
  /** @throws ImportError when the file as a whole cannot be read */
  read(file: Buffer, options: ReadOptions): FoundData;
}

export interface ReadOptions {
  /** The file's name without its directory; empty if it has none. Some programs put the project's name there. */
  fileName: string;
  /** The user's zone: it turns instants into dates. */
  timeZone: string;
  /** YYYY-MM-DD, in that zone: words such as `tomorrow` count from it. */
  today: string;
}

/** The file as a whole is not what it was taken for. The message is for a person, and says where. */
export class ImportError extends Error {
  override name = 'ImportError';
}

/** What most files say nothing of. */
export const nothingElse: Omit<FoundTask, 'key' | 'place' | 'title'> = {
  description: null,
  priority: null,
  tags: [],
  project: null,
  section: null,
  parentKey: null,
  dueDate: null,
  dueTime: null,
  timeZone: null,
  startDate: null,
  recurrence: null,
  recurrenceFrom: 'due',
  excludedDates: [],
  completed: false,
  completedAt: null,
  createdAt: null,
  reminders: [],
};
