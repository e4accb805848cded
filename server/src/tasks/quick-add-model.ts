import { type Static, Type } from '../platform/schema.ts';
import { dateFields } from './date-model.ts';
import { priorities } from './model.ts';

export const QuickAdd = Type.Object(
  {
    text: Type.String({
      minLength: 1,
      maxLength: 1000,
      description:
        'One line of English: dates, times, repeats, `#project`, `@tag`, `!high`. What is not understood stays in the title.',
    }),
    dry_run: Type.Optional(
      Type.Boolean({ description: 'true: shows what would be stored, and stores nothing.' }),
    ),
  },
  {
    $id: 'QuickAdd',
    additionalProperties: false,
    examples: [{ text: 'Pay rent every month on the 1st at 9am @home !high' }],
  },
);

const range = Type.Object({
  kind: Type.Enum(['date', 'time', 'repeat', 'priority', 'project', 'tag'], { type: 'string' }),
  start: Type.Integer({ minimum: 0, description: 'Offset into the text in UTF-16 units.' }),
  end: Type.Integer({ minimum: 0, description: 'Exclusive.' }),
  text: Type.String({ description: 'The range as it was written.' }),
  value: Type.String({ description: 'As in the field; of a project, its name.' }),
});

const { due_date, due_time } = dateFields;

/** The fields of a task that a text gives. */
const fields = Type.Object({
  title: Type.String(),
  due_date,
  due_time,
  recurrence: Type.Optional(Type.String({ description: 'RRULE (RFC 5545 §3.3.10).' })),
  priority: Type.Optional(Type.Enum([...priorities], { type: 'string' })),
  project_id: Type.Optional(Type.String({ format: 'uuid' })),
  tags: Type.Optional(Type.Array(Type.String())),
});
export type QuickAddFields = Static<typeof fields>;

export const QuickAddResult = Type.Object(
  {
    task: Type.Unsafe<unknown>({
      anyOf: [Type.Ref('Task'), Type.Null()],
      description: 'The new task; null with `dry_run`.',
    }),
    fields,
    understood: Type.Array(range, { description: 'Ranges of the text that became fields, ascending.' }),
  },
  {
    $id: 'QuickAddResult',
    examples: [
      {
        task: null,
        fields: { title: 'Buy milk', due_date: '2026-12-24', tags: ['home'] },
        understood: [
          { kind: 'date', start: 9, end: 20, text: '24 december', value: '2026-12-24' },
          { kind: 'tag', start: 21, end: 26, text: '@home', value: 'home' },
        ],
      },
    ],
  },
);
