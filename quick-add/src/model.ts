export type Priority = 'High' | 'Medium' | 'Low';

export interface QuickAddContext {
  /** The user's local date (`YYYY-MM-DD`) and time (`HH:MM`). */
  now: { date: string; time: string };
  /** Whether there is such a project; other names stay text. Absent: every name is one. */
  isProject?: (name: string) => boolean;
}

/** A range of the text that became a field. Ranges ascend and do not overlap. */
export interface Understood {
  kind: 'date' | 'time' | 'repeat' | 'priority' | 'project' | 'tag';
  /** UTF-16 offsets into the text; `end` is exclusive. */
  start: number;
  end: number;
  /** The range as it was written. */
  text: string;
  /** As in the field: a date, a time, an RRULE, a priority, a name. */
  value: string;
}

export interface QuickAdd {
  /** What was not understood, with single spaces. Empty if everything was understood. */
  title: string;
  due_date?: string;
  /** `HH:MM`; never without `due_date`. */
  due_time?: string;
  /** An RRULE of RFC 5545 §3.3.10 without the prefix `RRULE:`; never without `due_date`. */
  recurrence?: string;
  priority?: Priority;
  /** The name of a project, which may not exist. */
  project?: string;
  tags?: string[];
  understood: Understood[];
}

/**
 * What a matcher found from one token up to `last`. Null as value: the words look like that kind, but what they mean
 * is not clear, so that they stay text as a whole.
 */
export interface Match<Value> {
  last: number;
  value: Value | null;
}
