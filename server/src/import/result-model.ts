import { type Static, Type } from '../platform/schema.ts';
import { countOutcomes, type ImportReport, linesOf } from './import.ts';

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** A file of any type. OpenAPI 3.1 says so by a schema without a type. */
export const ImportFile = Type.Unsafe<unknown>({
  $id: 'ImportFile',
  description: 'The bytes of the file.',
  examples: [{ tasks: [{ title: 'Buy milk', completed: false }] }],
});

const ImportLine = Type.Object({
  place: Type.String({ description: 'Where in the file: `line 12`, `tasks.3`.' }),
  kind: Type.Enum(['created', 'changed', 'existing', 'skipped'], {
    type: 'string',
    description:
      '`changed`: a task comes of it that is not quite the same; `existing`: the user has it already, perhaps in the trash.',
  }),
  title: Type.Optional(Type.String({ description: 'The beginning of the title.' })),
  reason: Type.Optional(Type.String({ description: 'Of `changed` and `skipped`.' })),
});

/** A response has no more lines. */
const maxLines = 1_000;

export const ImportResult = Type.Object(
  {
    format: Type.String({ description: 'What the file was read as.' }),
    dry_run: Type.Boolean(),
    created: count('New tasks, those of `changed` too.'),
    existing: count('Tasks that the user has already.'),
    skipped: count('Lines that no task comes of.'),
    projects: count('New projects.'),
    sections: count('New sections.'),
    lines: Type.Array(ImportLine, {
      description: `What was skipped or changed; with \`dry_run\` every task. At most ${maxLines}.`,
    }),
    lines_left_out: count('How many more lines there are.'),
  },
  {
    $id: 'ImportResult',
    examples: [
      {
        format: 'todo-txt',
        dry_run: false,
        created: 12,
        existing: 0,
        skipped: 1,
        projects: 2,
        sections: 0,
        lines: [{ place: 'line 3', kind: 'skipped', title: '', reason: 'it has no title' }],
        lines_left_out: 0,
      },
    ],
  },
);
export type ImportResult = Static<typeof ImportResult>;

export function toResult(format: string, isDryRun: boolean, report: ImportReport): ImportResult {
  const lines = linesOf(report, isDryRun);
  const { projects, sections } = report;
  return {
    ...{ format, dry_run: isDryRun },
    ...countOutcomes(report),
    ...{ projects, sections },
    lines: lines.slice(0, maxLines),
    lines_left_out: Math.max(0, lines.length - maxLines),
  };
}
