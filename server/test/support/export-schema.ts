import type { CatalogColumn } from '../../src/db/catalog.ts';
import type { Db } from '../../src/db/schema.ts';
import { documentFormat, documentVersion } from '../../src/export/json.ts';
import { type ExportSection, memberName, readSections } from '../../src/export/sections.ts';

interface JsonSchema {
  type?: unknown;
  enum?: readonly unknown[];
  [keyword: string]: unknown;
}

const scalarTypes: Readonly<Record<string, JsonSchema>> = {
  text: { type: 'string' },
  uuid: { type: 'string', format: 'uuid' },
  date: { type: 'string', format: 'date' },
  boolean: { type: 'boolean' },
  smallint: { type: 'integer' },
  integer: { type: 'integer' },
  bigint: { type: 'integer' },
  bytea: { type: 'string', pattern: '^[0-9a-f]*$' },
  'timestamp with time zone': { type: 'string', format: 'date-time' },
  'text[]': { type: 'array', items: { type: 'string' } },
};

/** Columns that are null in old rows only, which the export gives their value. */
const filled = new Set(['tasks.tags', 'tasks.position']);

function columnSchema(section: ExportSection, { name, type, labels, isRequired }: CatalogColumn): JsonSchema {
  if (type === 'jsonb') return { description: 'Any JSON.' };
  const schema = labels.length > 0 ? { type: 'string', enum: labels } : scalarTypes[type];
  if (schema === undefined) throw new Error(`say in test/support/export-schema.ts what ${type} is in JSON`);
  if (isRequired || filled.has(`${section.name}.${name}`)) return schema;
  const { enum: values, ...rest } = schema;
  const optional = values === undefined ? {} : { enum: [...values, null] };
  return { ...rest, ...optional, type: [schema.type, 'null'] };
}

function rowSchema(section: ExportSection): JsonSchema {
  const names = section.columns.map(({ name }) => memberName(name));
  return {
    type: 'object',
    required: names,
    properties: Object.fromEntries(
      section.columns.map((column) => [memberName(column.name), columnSchema(section, column)]),
    ),
  };
}

const listSchema = (section: ExportSection): JsonSchema =>
  section.order.length > 0
    ? { type: 'array', items: rowSchema(section) }
    : { ...rowSchema(section), type: ['object', 'null'] };

/** The schema of the document, from the tables of the database. */
export async function exportSchema(db: Db): Promise<JsonSchema> {
  const sections = await readSections(db);
  const entry = { type: 'object', required: ['what', 'reason'] };
  const properties = {
    format: { type: 'string', enum: [documentFormat] },
    version: {
      type: 'integer',
      enum: [documentVersion],
      description: 'Another one when a reader has to be changed; members may be added without that.',
    },
    exported_at: { type: 'string', format: 'date-time' },
    made_by: { type: 'string' },
    user_id: { type: 'string', description: 'Of every row.' },
    left_out: {
      type: 'array',
      description: 'What the service has of the user, but not the export.',
      items: { ...entry, properties: { what: { type: 'string' }, reason: { type: 'string' } } },
    },
    ...Object.fromEntries(sections.map((section) => [section.name, listSchema(section)])),
  };
  return {
    description: 'Everything of a user. Each list comes after those that it refers to.',
    type: 'object',
    required: Object.keys(properties),
    properties,
  };
}
