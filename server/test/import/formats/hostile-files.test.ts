import { describe, expect, test } from 'vitest';
import { importFormats } from '../../../src/import/formats/formats.ts';
import { type FoundData, ImportError, type ImportFormat } from '../../../src/import/model.ts';
import { bytesOf, importOptions } from '../../support/import-formats.ts';
import { importSamples } from '../../support/import-samples.ts';
import { isLong } from '../../support/long-tests.ts';
import { seeded } from '../../support/random.ts';
import { zipOf } from '../../support/zip.ts';

const seed = Number(process.env.DULY_TEST_SEED ?? Date.now() % 1e6);
const random = seeded(seed);
const rounds = isLong ? 3_000 : 150;

const sampleOf = ({ name }: ImportFormat): Buffer =>
  importSamples.find(({ format }) => format === name)?.file ?? Buffer.alloc(0);

const length = (text: string | null) => [...(text ?? '')].length;

/** What holds for whatever a file has. */
function checkFound({ tasks, notes }: FoundData): void {
  const seen = new Set<string>();
  for (const task of tasks) {
    if (seen.has(task.key)) expect.fail(`${task.place}: the key is there twice`);
    if (task.parentKey !== null && !seen.has(task.parentKey))
      expect.fail(`${task.place}: comes before its parent`);
    seen.add(task.key);
    expect(task.title).toBe(task.title.trim());
    expect(length(task.title)).toBeGreaterThan(0);
    expect(length(task.title)).toBeLessThanOrEqual(200);
    expect(length(task.description)).toBeLessThanOrEqual(1_000);
    expect(task.title + task.description + task.tags.join('')).not.toMatch(/[\0\p{Cs}]/u);
    expect(task.tags.length).toBeLessThanOrEqual(20);
    expect(task.tags.every((tag) => tag.trim() !== '' && length(tag) <= 50)).toBe(true);
    if (task.dueDate === null && (task.recurrence !== null || task.dueTime !== null))
      expect.fail(`${task.place}: repeats or has a time without a date`);
    if (task.project === null) expect(task.section).toBeNull();
  }
  for (const { reason } of notes) expect(reason).toMatch(/^[^\n]+[^.]$/);
}

/** Reads a file that may be anything. Only the error of imports may come of it. */
function tryRead(format: ImportFormat, file: Buffer): FoundData | null {
  try {
    return format.read(file, importOptions);
  } catch (error) {
    if (error instanceof ImportError) return null;
    throw error;
  }
}

const pieces = [
  '"',
  ',',
  ';',
  '\n',
  '\r',
  '\t',
  ' ',
  '\\',
  '{',
  '}',
  '[',
  ']',
  '\0',
  '\u{1f600}',
  '\ufeff',
  '=',
  ':',
  '@',
  '+',
  '9',
  'T',
  '-',
  '<',
  '▫',
  'null',
  '""',
  'BEGIN:VTODO\n',
  'END:VTODO\n',
];

/** The file with a few bytes changed, left out, repeated or put in. */
function mutate(file: Buffer): Buffer {
  let changed = file;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(changed.length + 1);
    const end = Math.min(changed.length, at + random.below(40));
    const put = random.pick([
      Buffer.from([random.below(256)]),
      Buffer.from(random.pick(pieces)),
      Buffer.alloc(0),
      changed.subarray(at, end),
    ]);
    const from = random.chance(0.5) ? end : at;
    changed = Buffer.concat([changed.subarray(0, at), put, changed.subarray(from)]);
  }
  return changed;
}

describe.each(importFormats)(`$name, seed ${seed}`, (format) => {
  const sample = sampleOf(format);

  test('reads its sample', () => {
    const found = tryRead(format, sample);
    expect(found?.tasks.length).toBeGreaterThan(0);
    if (found !== null) checkFound(found);
  });

  test('takes files that end anywhere, and changed ones, or says why not', () => {
    for (let round = 0; round < rounds; round++) {
      const file = random.chance(0.3) ? sample.subarray(0, random.below(sample.length)) : mutate(sample);
      const found = tryRead(format, file);
      if (found !== null) checkFound(found);
      for (const other of importFormats) other.recognises(file, '');
    }
  });

  test('takes the files of other formats, and random bytes, or says why not', () => {
    const noise = Array.from({ length: 30 }, () =>
      Buffer.from(Array.from({ length: random.below(400) }, () => random.below(256))),
    );
    for (const file of [...importSamples.map((other) => other.file), ...noise]) {
      const found = tryRead(format, file);
      if (found !== null) checkFound(found);
    }
  });
});

const bytes = isLong ? 5_000_000 : 300_000;
const filled = (text: string, before = '', after = '') =>
  bytesOf(before + text.repeat(Math.ceil(bytes / Buffer.byteLength(text))) + after);

const calendarOf = (text: string) => filled(text, 'BEGIN:VCALENDAR\n', 'END:VCALENDAR\n');
const csvHead = 'TYPE,CONTENT,INDENT,DATE,List Name,Title,Status,Content,Repeat,Due Date\n';
const heavy: [string, Buffer][] = [
  ...[...pieces, 'a', '+a ', '@a ', 'a,', '"a",', 'due:', '[[', '{"a":', '((A) '].map(
    (text): [string, Buffer] => [JSON.stringify(text), filled(text)],
  ),
  ['a title of one character', filled('a', '[{"title":"', '"}]')],
  ['a description of line breaks', filled('\\r\\n', '[{"title":"a","description":"', '"}]')],
  ['HTML of open tags', filled('<p', '[{"title":"a","body":{"contentType":"html","content":"', '"}}]')],
  ['HTML of entities', filled('&amp;', '[{"title":"a","body":{"contentType":"html","content":"', '"}}]')],
  ['tags', filled('"t",', '[{"title":"a","tags":[', '"t"]}]')],
  ['small tasks', filled('{"title":"a"},', '[', '{"title":"b"}]')],
  [
    'a chain of parents',
    bytesOf(
      JSON.stringify(
        Array.from({ length: bytes / 40 }, (_, index) => ({ id: index, title: 'a', parent_id: index + 1 })),
      ),
    ),
  ],
  ['small to-dos', calendarOf('BEGIN:VTODO\nSUMMARY:a\nEND:VTODO\n')],
  [
    'to-dos in zones that do not exist',
    bytesOf(
      `BEGIN:VCALENDAR\n${Array.from({ length: bytes / 80 }, (_, index) => `BEGIN:VTODO\nSUMMARY:a\nDUE;TZID=A/Zone${index}:20261201T080000\nEND:VTODO\n`).join('')}END:VCALENDAR\n`,
    ),
  ],
  [
    'excluded dates',
    filled(
      '20261201T080000,',
      'BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:a\nDUE:20261201\nRRULE:FREQ=DAILY\nEXDATE;TZID=Asia/Tokyo:',
      '\nEND:VTODO\nEND:VCALENDAR\n',
    ),
  ],
  ['folded lines', calendarOf(' a\n')],
  [
    'alarms',
    filled(
      'BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\n',
      'BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:a\nDUE:20261201\n',
      'END:VTODO\nEND:VCALENDAR\n',
    ),
  ],
  [
    'rules that cost much',
    bytesOf(
      `BEGIN:VCALENDAR\n${Array.from({ length: bytes / 110 }, (_, index) => `BEGIN:VTODO\nSUMMARY:a\nDUE:20261201\nRRULE:FREQ=YEARLY;INTERVAL=${1 + (index % 70)};BYMONTH=2;BYMONTHDAY=29;COUNT=${index + 1}\nEND:VTODO\n`).join('')}END:VCALENDAR\n`,
    ),
  ],
  [
    'rows of dates in words',
    filled(
      'task,a,1,every 2 weeks on monday and friday until 24 december 2030,L,t,0,c,,2026-12-01\n',
      csvHead,
    ),
  ],
  ['rows of levels', filled('task,a,100,,L,t,0,▫▪,FREQ=DAILY,2026-12-01\n', csvHead)],
  ['words of labels', filled('@a ', `${csvHead}task,`, ',1\n')],
  ['items of a checklist', filled('▪a', `${csvHead}task,a,1,,L,t,0,`, ',\n')],
  ['a zip of zeros', zipOf([{ name: 'a.csv', data: Buffer.alloc(bytes * 10) }])],
];

test.each(heavy)('a large file of %s takes no format long', (_, file) => {
  for (const format of importFormats) {
    const before = process.cpuUsage();
    tryRead(format, file);
    format.recognises(file, '');
    const seconds = process.cpuUsage(before).user / 1e6;
    if (seconds > (isLong ? 15 : 4)) expect.fail(`${format.name} takes ${seconds.toFixed(1)} s`);
  }
});
