import type { Conflict, Refusal } from '../../../client/src/offline/index.ts';
import { safe } from './terminal.ts';

const asText = (value: unknown): string =>
  safe(
    value === null || value === undefined
      ? 'nothing'
      : Array.isArray(value)
        ? value.join(', ')
        : String(value),
  );

const fieldOf = (item: object | null, name: string): unknown => new Map(Object.entries(item ?? {})).get(name);

const nameOf = (item: object | null): string =>
  asText(fieldOf(item, 'title') ?? fieldOf(item, 'name') ?? fieldOf(item, 'id'));

/** What both sides have changed, and what is kept. */
export function describeConflict({ noun, mine, theirs, fields }: Conflict): string {
  if (mine === null) return `Conflict: the ${noun} "${nameOf(theirs)}" was changed elsewhere, and is deleted`;
  const lines = fields.map(
    (name) =>
      `  ${name}: kept "${asText(fieldOf(mine, name))}", elsewhere it was "${asText(fieldOf(theirs, name))}"`,
  );
  return [`Conflict: the ${noun} "${nameOf(theirs)}" was changed elsewhere too`, ...lines].join('\n');
}

/** A write that the server has refused for good. `item` is what it was about, if that is still here. */
export function describeRefusal({ noun, op, id, fields, error }: Refusal, item: object | undefined): string {
  const what = fieldOf(item ?? fields, 'title') ?? id;
  const issues = error.issues.map(({ loc, msg }) => ` ${loc.slice(1).join('.')} ${msg}.`);
  return `Refused and undone: ${op} of the ${noun} "${asText(what)}": ${error.detail}${issues.join('')}`;
}
