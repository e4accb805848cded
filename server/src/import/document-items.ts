import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { executeQuery, param, type Query, query } from '../db/statements.ts';
import type { ItemKind } from '../items/kind.ts';
import { dataLimits } from '../platform/data-limits.ts';
import { hasShape } from '../platform/has-shape.ts';
import { projectKind } from '../projects/kind.ts';
import { NewProject } from '../projects/model.ts';
import { sectionKind } from '../sections/kind.ts';
import { NewSection } from '../sections/model.ts';
import { viewKind } from '../views/kind.ts';
import { NewView } from '../views/model.ts';
import { unchanged, type WriteContext } from '../writes/plan.ts';
import { write } from '../writes/write.ts';
import { idIn, pastIn, positionIn, type Row, rowText, versionIn } from './document-task.ts';
import type { ImportNote } from './model.ts';

/** Ids of what the user has, in the trash too. */
export interface StoredProjects {
  projects: ReadonlySet<string>;
  sections: ReadonlySet<string>;
}

/** Of the projects that the user has by then. */
interface ProjectIds {
  /** In the trash too. */
  all: ReadonlySet<string>;
  live: ReadonlySet<string>;
}

interface List {
  kind: ItemKind;
  /** The member of the document. */
  name: 'projects' | 'sections' | 'views';
  isSound(row: Row): boolean;
  /** The values of the columns that only this kind has. */
  fields(row: Row, projects: ProjectIds): object;
}

const nameOf = (row: Row) => rowText(row, 'name') ?? '';
/** Whether PostgreSQL can store the texts: no NUL, and no lone surrogate. */
const isStorable = (value: object) => !/\\u(?:0000|d[89a-f])/.test(JSON.stringify(value));
const isNamed = (row: Row) => nameOf(row) === nameOf(row).trim();
const colorOf = (row: Row) => rowText(row, 'color')?.toLowerCase() ?? null;

/** The lists of a document, each after the lists that its rows refer to. */
const lists: readonly List[] = [
  {
    kind: projectKind,
    name: 'projects',
    isSound: (row) =>
      hasShape(NewProject, {
        name: nameOf(row),
        color: colorOf(row),
        view_defaults: row.view_defaults ?? null,
      }),
    fields: (row) => ({
      color: colorOf(row),
      archived: pastIn(row, 'archived_at') !== null,
      archived_at: pastIn(row, 'archived_at'),
      view_defaults: row.view_defaults ?? null,
    }),
  },
  {
    kind: sectionKind,
    name: 'sections',
    isSound: (row) => hasShape(NewSection, { name: nameOf(row) }),
    fields: (row, { live }) => ({
      project_id: idIn(row, 'project_id'),
      // One that was deleted with its project comes back with it, and by no other way.
      deleted_with:
        pastIn(row, 'deleted_at') === null || live.has(idIn(row, 'project_id') ?? '')
          ? null
          : idIn(row, 'deleted_with'),
    }),
  },
  {
    kind: viewKind,
    name: 'views',
    isSound: (row) => hasShape(NewView, { name: nameOf(row), parameters: row.parameters }),
    fields: ({ parameters }) => ({ parameters }),
  },
];

const itemOf = (
  { kind, fields }: List,
  { userId, projects, now }: { userId: string; projects: ProjectIds; now: string },
  id: string,
  row: Row,
) => ({
  ...{ id, user_id: userId, name: nameOf(row) },
  position: positionIn(row) ?? 'a0',
  version: versionIn(row),
  created_at: pastIn(row, 'created_at') ?? now,
  updated_at: pastIn(row, 'updated_at') ?? now,
  deleted_at: pastIn(row, 'deleted_at'),
  ...(kind.parent !== undefined && { deleted_with: null }),
  ...fields(row, projects),
});

interface Known {
  /** The ids that the user has already. */
  ids: ReadonlySet<string>;
  /** Those of them that are not in the trash. */
  live: ReadonlySet<string>;
  /** Live items, by the id of their parent, or an empty text. */
  counts: Map<string, number>;
}

/** Reads which of these items the user has, and how many of that kind. */
function knownQuery({ table, noun, parent }: ItemKind, userId: string, ids: readonly string[]): Query<Known> {
  const parentId: RawBuilder<unknown> =
    parent === undefined ? sql`''` : sql`t.${sql.id(parent.column)}::text`;
  const known = sql`select t.id from ${sql.table(table)} as t
        where t.user_id = ${param('user_id')} and t.id = any(${param('ids')}::uuid[])`;
  const statement = sql<{ ids: string[]; live: string[]; counts: Record<string, number> }>`
    select array(${known}) as ids, array(${known} and t.deleted_at is null) as live,
      (select coalesce(jsonb_object_agg(parent_id, count), '{}') from (
        select ${parentId} as parent_id, count(*)::int as count from ${sql.table(table)} as t
        where t.user_id = ${param('user_id')} and t.deleted_at is null group by 1) as c) as counts`;
  return query(`known ${noun}s`, statement, { user_id: userId, ids }, ([row]) => ({
    ids: new Set(row?.ids),
    live: new Set(row?.live),
    counts: new Map(Object.entries(row?.counts ?? {})),
  }));
}

interface Target {
  db: Db;
  userId: string;
  /** Null: nothing is stored. */
  context: WriteContext | null;
}

interface StoredItems {
  created: Record<List['name'], number>;
  stored: StoredProjects;
  notes: readonly ImportNote[];
}

/** Stores the projects, sections and views of a document that the user does not have, each as it was. */
export async function storeItems(
  { db, userId, context }: Target,
  rowsOf: (list: string) => readonly Row[],
): Promise<StoredItems> {
  const created = { projects: 0, sections: 0, views: 0 };
  const stored = { projects: new Set<string>(), sections: new Set<string>() };
  const projects = { all: stored.projects, live: new Set<string>() };
  const notes: ImportNote[] = [];
  for (const list of lists) {
    const rows = rowsOf(list.name);
    const ids = rows.flatMap((row) => idIn(row, 'id') ?? []);
    const read = knownQuery(list.kind, userId, ids);
    const choose = (known: Known) => chooseRows(list, rows, known, projects);
    const chosen =
      context === null
        ? choose(await executeQuery(db, read))
        : await storeRows({ db, userId, context, projects }, list, rows, read, choose);
    created[list.name] = chosen.items.length;
    notes.push(...chosen.notes);
    if (list.name === 'projects') for (const id of chosen.liveIds) projects.live.add(id);
    if (list.name !== 'views')
      for (const id of [...chosen.items.map((item) => item.id), ...chosen.knownIds])
        stored[list.name].add(id);
  }
  return { created, stored, notes };
}

interface Chosen {
  /** The rows that are stored, by their index in the list. */
  items: { id: string; index: number }[];
  knownIds: string[];
  /** Of both. */
  liveIds: string[];
  notes: ImportNote[];
}

async function storeRows(
  { db, userId, context, projects }: Target & { context: WriteContext; projects: ProjectIds },
  list: List,
  rows: readonly Row[],
  read: Query<Known>,
  choose: (known: Known) => Chosen,
): Promise<Chosen> {
  const { value } = await write<Chosen, Known>(db, userId, context, {
    read,
    decide(known, { now }) {
      const chosen = choose(known);
      if (chosen.items.length === 0) return unchanged(chosen);
      const target = { userId, projects, now };
      const items = chosen.items.map(({ id, index }) => itemOf(list, target, id, rows[index] ?? {}));
      return {
        value: chosen,
        changes: [{ template: list.kind.upsert, params: { user_id: userId, rows: JSON.stringify(items) } }],
        auditActions: [{ action: `${list.kind.noun}.import`, count: chosen.items.length }],
      };
    },
  });
  return value;
}

/** The rows that can be stored, and why others cannot. */
function chooseRows(
  { kind, name, isSound, fields }: List,
  rows: readonly Row[],
  { ids, live, counts }: Known,
  projects: ProjectIds,
): Chosen {
  const chosen = new Map<string, number>();
  const notes: ImportNote[] = [];
  const skip = (index: number, reason: string) =>
    notes.push({ place: `${name}.${index}`, kind: 'skipped', reason });
  const { max, of } = dataLimits[kind.limit];
  const totals = new Map(counts);
  for (const [index, row] of rows.entries()) {
    const [id, parent] = [idIn(row, 'id'), idIn(row, 'project_id') ?? ''];
    const group = kind.parent === undefined ? '' : parent;
    const isLive = pastIn(row, 'deleted_at') === null;
    const total = (totals.get(group) ?? 0) + (isLive ? 1 : 0);
    if (id === null || !isNamed(row) || !isSound(row) || !isStorable([nameOf(row), fields(row, projects)]))
      skip(index, `is no ${kind.noun} as this service has them`);
    else if (kind.parent !== undefined && !projects.all.has(parent)) skip(index, 'its project is not there');
    else if (kind.parent !== undefined && !ids.has(id) && isLive && !projects.live.has(parent))
      skip(index, 'its project is in the trash');
    else if (!ids.has(id) && total > max) skip(index, `there are ${max} ${of} already`);
    else if (!ids.has(id) && !chosen.has(id)) {
      chosen.set(id, index);
      totals.set(group, total);
    }
  }
  const items = [...chosen].map(([id, index]) => ({ id, index }));
  const added = items.filter(({ index }) => pastIn(rows[index] ?? {}, 'deleted_at') === null);
  return { items, knownIds: [...ids], liveIds: [...live, ...added.map(({ id }) => id)], notes };
}
