import { isDeepStrictEqual } from 'node:util';
import openapi from '../../openapi.json' with { type: 'json' };
import { validValue } from './generate.ts';
import { resolveRef, type Schema, schemaTypesOf } from './operations.ts';
import type { Random } from './random.ts';

export type Fields = Record<string, unknown>;

interface Noun {
  /** Schemas of request bodies that write the noun; each has every writable property. None: other nouns' do. */
  bodies: readonly string[];
  /** Schemas of responses that show the noun; each has every writable property. */
  answers: readonly string[];
  /** Properties of the bodies that are not stored: conditions, and copies of read-only properties. */
  notWritten: readonly string[];
  /** Properties that have to fit together: the world gives their values. */
  given?: readonly string[];
  /** Values of properties whose schema does not suffice to generate one. */
  values?: Record<string, readonly unknown[]>;
}

const notWrittenOfItems = ['id', 'user_id', 'version', 'created_at', 'updated_at', 'position'];

const someParameters = [
  { status: 'pending', sort_by: 'position' },
  { tags: ['a', 'b'], tags_match: 'all' },
  { search: 'milk', due_before: '2026-12-24', sort_direction: 'asc' },
];

/** By the noun's `type` in the feed. */
export const nouns: Readonly<Record<string, Noun>> = {
  profile: {
    bodies: ['ProfilePatch'],
    answers: ['Profile'],
    notWritten: ['id', 'email', 'email_verified', 'role', 'created_at'],
    values: {
      time_zone: ['Asia/Tokyo', 'America/New_York', 'Europe/London'],
      locale: ['de', 'pt-BR', 'zh-Hant-TW'],
    },
  },
  channel: {
    bodies: ['NewChannel', 'ChannelPatch'],
    answers: ['Channel', 'ChannelWithSecret'],
    notWritten: [
      ...['id', 'user_id', 'version', 'created_at', 'updated_at'],
      ...['type', 'url', 'endpoint', 'keys', 'expirationTime'],
    ],
  },
  occurrence: { bodies: [], answers: ['Occurrence'], notWritten: [] },
  reminder: {
    bodies: ['NewReminder', 'ReminderPatch'],
    answers: ['Reminder'],
    notWritten: [
      ...['id', 'task_id', 'version', 'created_at', 'updated_at'],
      ...['snoozed_until', 'next_at', 'fired_at'],
    ],
  },
  tag: { bodies: ['TagRename'], answers: ['Tag'], notWritten: [] },
  task: {
    bodies: ['NewTask', 'TaskPatch', 'BulkCreate', 'BulkUpdate'],
    answers: ['Task', 'TrashedTask'],
    notWritten: [
      ...['id', 'user_id', 'version', 'created_at', 'updated_at', 'completed_at'],
      ...['position', 'progress', 'due_at', 'occurrence', 'op', 'temp_id', 'reminders', 'reminder_count'],
    ],
    given: ['project_id', 'section_id', 'parent_id'],
    values: {
      due_time: ['00:00', '09:30', '23:59'],
      time_zone: ['Asia/Tokyo', 'America/New_York'],
      // Of one occurrence: to complete it completes the task.
      recurrence: ['FREQ=DAILY;COUNT=1', 'FREQ=WEEKLY;COUNT=1', 'FREQ=YEARLY;BYMONTH=7;COUNT=1'],
    },
  },
  project: {
    bodies: ['NewProject', 'ProjectPatch'],
    answers: ['Project', 'ListedProject', 'TrashedProject'],
    notWritten: [...notWrittenOfItems, 'archived_at', 'open_tasks'],
    values: { color: ['#102030', '#a0b0c0', '#ffffff'], view_defaults: someParameters },
  },
  section: {
    bodies: ['NewSection', 'SectionPatch'],
    answers: ['Section', 'ListedSection', 'TrashedSection'],
    notWritten: [...notWrittenOfItems, 'project_id', 'open_tasks'],
  },
  view: {
    bodies: ['NewView', 'ViewPatch'],
    answers: ['View', 'TrashedView'],
    notWritten: notWrittenOfItems,
    values: { parameters: someParameters },
  },
};

const types = new Map(Object.entries(nouns));

function nounOf(type: string): Noun {
  const noun = types.get(type);
  if (noun === undefined) throw new Error(`say in test/support/persist-nouns.ts how a ${type} is written`);
  return noun;
}

/** The types that the feed has. */
export const feedTypes = Object.keys(openapi.components.schemas.Change.discriminator.mapping);

export const propertiesOf = (schema: string): Record<string, Schema> =>
  resolveRef({ $ref: `#/components/schemas/${schema}` }).properties ?? {};

/** Schemas of a noun's writable properties, by name. */
export function writableOf(type: string): Record<string, Schema> {
  const { bodies, notWritten } = nounOf(type);
  const all = Object.assign({}, ...bodies.map(propertiesOf));
  return Object.fromEntries(Object.entries<Schema>(all).filter(([name]) => !notWritten.includes(name)));
}

/** `filled`: no value is null or empty; `cleared`: every value is, if it may be. */
export type Kind = 'filled' | 'cleared';

/** A value for every writable property, different from the previous one. */
export function freshFields(type: string, kind: Kind, before: Fields, random: Random): Fields {
  const { values = {}, given = [] } = nounOf(type);
  const own = Object.entries(writableOf(type)).filter(([name]) => !given.includes(name));
  // What needs another property is cleared before it, and written after it.
  if (kind === 'cleared') own.reverse();
  const fresh = own.map(([name, schema]) => {
    const make =
      values[name] === undefined ? () => filled(schema, random) : () => random.pick(values[name] ?? []);
    return [name, (kind === 'cleared' ? cleared(schema) : undefined) ?? other(make, before[name], name)];
  });
  return Object.fromEntries(fresh.map(([name, value]) => [name, value === none ? null : value]));
}

/** Stands for null, which `??` would skip. */
const none = Symbol('null');

function cleared(schema: Schema): unknown {
  if (schemaTypesOf(schema).includes('null')) return none;
  return schemaTypesOf(schema).includes('array') ? [] : undefined;
}

function filled(schema: Schema, random: Random): unknown {
  const type = schemaTypesOf(schema).find((one) => one !== 'null') ?? 'string';
  const value = validValue({ ...schema, type }, random);
  // Responses have arrays such as tags without duplicates, sorted.
  return Array.isArray(value) ? [...new Set(value)].sort(byCodePoint) : value;
}

export const byCodePoint = (a: unknown, b: unknown): number =>
  Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));

function other(make: () => unknown, before: unknown, name: string): unknown {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const value = make();
    if (!isDeepStrictEqual(value, before) && !isDeepStrictEqual(value, [])) return value;
  }
  throw new Error(`no value for ${name} other than ${JSON.stringify(before)}`);
}
