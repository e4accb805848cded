import { readFileSync } from 'node:fs';
import type { QuickAdd, Understood } from '../../../quick-add/src/model.ts';

/** A row of quick-add/test/sentences.tsv, which explains its columns. */
export interface Sentence {
  name: string;
  text: string;
  now: { date: string; time: string };
  expected: QuickAdd;
}

const table = new URL('../../../quick-add/test/sentences.tsv', import.meta.url);

export function readSentences(): Sentence[] {
  const lines = readFileSync(table, 'utf8').split('\n');
  const isRow = (line: string) => line !== '' && !/^(# |-- |sentence\t)/.test(line);
  return lines.filter(isRow).map(toSentence);
}

function toSentence(line: string): Sentence {
  const [marked = '', valueCell, dueCell, titleCell, nowCell] = line
    .split('\t')
    .map((cell) => (cell === '-' ? '' : cell));
  const { text, ranges } = readRanges(marked);
  const values = valueCell ? valueCell.split(' · ') : [];
  if (values.length !== ranges.length) throw new Error(`as many values as ranges are needed: ${line}`);
  const understood = ranges.map(({ start, end }, index) => ({
    ...kindOf(values[index] ?? ''),
    start,
    end,
    text: text.slice(start, end),
  }));
  const [date = '', time = ''] = (nowCell || '2026-11-26 10:00').split(' ');
  const outside = marked
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .trim()
    .split(/\s+/)
    .join(' ');
  const title = titleCell || outside;
  return {
    name: `${marked} ${nowCell ?? ''}`,
    text,
    now: { date, time },
    expected: { title, ...fieldsOf(understood, dueCell), understood },
  };
}

function readRanges(marked: string) {
  const ranges: { start: number; end: number }[] = [];
  let text = '';
  for (const part of marked.split(/(\[[^\]]*\])/)) {
    const isRange = part.startsWith('[');
    const inner = isRange ? part.slice(1, -1) : part;
    if (isRange) ranges.push({ start: text.length, end: text.length + inner.length });
    text += inner;
  }
  return { text, ranges };
}

function kindOf(value: string): Pick<Understood, 'kind' | 'value'> {
  if (value.startsWith('#')) return { kind: 'project', value: value.slice(1) };
  if (value.startsWith('@')) return { kind: 'tag', value: value.slice(1) };
  if (value.startsWith('!')) return { kind: 'priority', value: value.slice(1) };
  if (value.startsWith('FREQ=')) return { kind: 'repeat', value };
  return { kind: value.includes(':') ? 'time' : 'date', value };
}

function fieldsOf(understood: Understood[], impliedDue: string | undefined): Partial<QuickAdd> {
  const firstOf = (kind: Understood['kind']) => understood.find((range) => range.kind === kind)?.value;
  const tags = understood.filter(({ kind }) => kind === 'tag').map(({ value }) => value);
  const isNew = (tag: string, index: number) =>
    tags.findIndex((other) => other.toLowerCase() === tag.toLowerCase()) === index;
  const fields = {
    due_date: firstOf('date') ?? (impliedDue || undefined),
    due_time: firstOf('time'),
    recurrence: firstOf('repeat'),
    priority: firstOf('priority'),
    project: firstOf('project'),
    tags: tags.length > 0 ? tags.filter(isNew) : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
