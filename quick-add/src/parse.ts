import { isDateLike, isNumericDate } from './date-like.ts';
import { type DateRole, dateAt } from './dates.ts';
import { addDays, formatDay, parseDay } from './days.ts';
import type { Match, Priority, QuickAdd, QuickAddContext, Understood } from './model.ts';
import { firstDayAfterNow, type Repeat, ruleText } from './repeat.ts';
import { repeatAt } from './repeats.ts';
import { timeAt } from './times.ts';
import { titleOf } from './title.ts';
import { createWords, type Token, tokenize, type Words } from './tokens.ts';

/**
 * Reads the fields of a task out of one line of English. What is not understood, or not clear, stays in the title.
 * docs/quick-add.md has the grammar.
 * @throws RangeError if the date or the time of `context.now` does not exist
 */
export function parseQuickAdd(text: string, context: QuickAddContext): QuickAdd {
  return readQuickAdd(text, context).result;
}

/** @returns the steps too: how often the parser looked at a word */
export function readQuickAdd(
  text: string,
  { now, isProject = () => true }: QuickAddContext,
): { result: QuickAdd; steps: number } {
  const today = parseDay(now.date);
  if (today === null) throw new RangeError(`now.date must be a date such as 2026-12-24, got ${now.date}`);
  if (!/^(?:[01]\d|2[0-3]):[0-5]\d$/.test(now.time)) {
    throw new RangeError(`now.time must be a time such as 17:30, got ${now.time}`);
  }
  const tokens = tokenize(text);
  const words = createWords(tokens);
  const found = withoutGuesses(words, findPhrases(tokens, words, today, isProject), tokens.length);
  const title = titleOf(text, tokens, found.phrases);
  const understood = found.phrases.map((phrase) => describe(text, tokens, phrase));
  const result = { title, ...fieldsOf(found, today, now.time), understood };
  return { result, steps: words.steps };
}

/** A phrase that was understood: tokens from `first` to `last`. */
interface Phrase {
  kind: Understood['kind'];
  first: number;
  last: number;
  value: string;
}

interface Found {
  phrases: Phrase[];
  day: number | null;
  repeat: Repeat | null;
}

/** From left to right. Of each kind but tags, the first phrase counts, and later ones stay text as a whole. */
function findPhrases(
  tokens: Token[],
  words: Words,
  today: number,
  isProject: (name: string) => boolean,
): Found {
  const found: Found = { phrases: [], day: null, repeat: null };
  const kinds = new Set<Understood['kind']>();
  for (let first = 0; first < tokens.length; ) {
    const before = found.phrases.at(-1);
    const isAfterRepeat = before?.kind === 'repeat' && before.last === first - 1;
    const match = matchAt(tokens, words, first, today, isAfterRepeat ? 'beginning' : 'due');
    if (match === null) {
      first++;
      continue;
    }
    const { kind, last, value } = match;
    const isUnknown = match.kind === 'project' && match.value !== null && !isProject(match.value);
    if (value !== null && !isUnknown && (kind === 'tag' || !kinds.has(kind))) {
      kinds.add(kind);
      found.phrases.push({ kind, first, last, value: textOf(value) });
      if (match.kind === 'date') found.day = match.value;
      if (match.kind === 'repeat') found.repeat = match.value;
    }
    first = last + 1;
  }
  return found;
}

/**
 * Without a date, a time means today or tomorrow, and a repeat begins at the next of its days: not if something in the
 * rest may be that date. Then they stay text.
 */
function withoutGuesses(words: Words, found: Found, tokenCount: number): Found {
  const { phrases, day, repeat } = found;
  const isUndated = day === null && phrases.some(({ kind }) => kind === 'time' || kind === 'repeat');
  if (!isUndated) return found;
  const isDoubtful = repeat === null ? isDateLike : isNumericDate;
  let next = 0;
  for (const { first, last } of [...phrases, { first: tokenCount, last: tokenCount }]) {
    for (let at = next; at < first; at++) {
      if (!isDoubtful(words, at)) continue;
      const rest = phrases.filter(({ kind }) => kind !== 'time' && kind !== 'repeat');
      return { phrases: rest, day: null, repeat: null };
    }
    next = last + 1;
  }
  return found;
}

type AnyMatch =
  | ({ kind: 'repeat' } & Match<Repeat>)
  | ({ kind: 'date' } & Match<number>)
  | ({ kind: 'time' | 'project' | 'tag' | 'priority' } & Match<string>);

function textOf(value: string | number | Repeat): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? formatDay(value) : ruleText(value);
}

function matchAt(
  tokens: Token[],
  words: Words,
  first: number,
  today: number,
  role: DateRole,
): AnyMatch | null {
  const named = nameAt(tokens[first], first);
  if (named !== null) return named;
  const repeat = repeatAt(words, first, today);
  if (repeat !== null) return { kind: 'repeat', ...repeat };
  const date = dateAt(words, first, today, role);
  if (date !== null) return { kind: 'date', ...date };
  const time = timeAt(words, first);
  return time === null ? null : { kind: 'time', ...time };
}

const maxTagLength = 50;
const priorities = new Map<string, Priority>([
  ['!high', 'High'],
  ['!medium', 'Medium'],
  ['!low', 'Low'],
]);

/** A project, a tag or a priority. */
function nameAt(token: Token | undefined, first: number): AnyMatch | null {
  const priority = priorities.get(token?.word ?? '');
  if (priority !== undefined) return { kind: 'priority', last: first, value: priority };
  if (token?.label == null) return null;
  const { sigil, name } = token.label;
  if (sigil === '#') return { kind: 'project', last: first, value: name };
  return name.length > maxTagLength ? null : { kind: 'tag', last: first, value: name };
}

function describe(text: string, tokens: Token[], { kind, first, last, value }: Phrase): Understood {
  const [start, end] = [tokens[first]?.start ?? 0, tokens[last]?.end ?? 0];
  return { kind, start, end, text: text.slice(start, end), value };
}

function fieldsOf(
  { phrases, day, repeat }: Found,
  today: number,
  now: string,
): Omit<QuickAdd, 'title' | 'understood'> {
  const firstOf = (kind: Understood['kind']) => phrases.find((phrase) => phrase.kind === kind)?.value;
  const time = firstOf('time');
  const [rule, priority, project] = [firstOf('repeat'), firstOf('priority'), firstOf('project')];
  const due = day ?? impliedDay(repeat, time, today, now);
  const tags = phrases.filter(({ kind }) => kind === 'tag').map(({ value }) => value);
  return {
    ...(due !== null && { due_date: formatDay(due) }),
    ...(time !== undefined && { due_time: time }),
    ...(rule !== undefined && { recurrence: rule }),
    ...(isPriority(priority) && { priority }),
    ...(project !== undefined && { project }),
    ...(tags.length > 0 && { tags: withoutRepeated(tags) }),
  };
}

const isPriority = (value: string | undefined): value is Priority =>
  value === 'High' || value === 'Medium' || value === 'Low';

/** The due date of a repeat or a time without a date. */
function impliedDay(
  repeat: Repeat | null,
  time: string | undefined,
  today: number,
  now: string,
): number | null {
  const isTimeOver = time !== undefined && time <= now;
  if (repeat !== null) return firstDayAfterNow(repeat, today, isTimeOver);
  if (time === undefined) return null;
  return isTimeOver ? addDays(today, 1) : today;
}

/** Keeps the first of names that differ in case only. */
function withoutRepeated(names: string[]): string[] {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (!seen.has(key)) seen.set(key, name);
  }
  return [...seen.values()];
}
