import { type CatalogTable, orderByReferences, readCatalog, userColumnOf } from '../db/catalog.ts';
import type { Db } from '../db/schema.ts';
import { type TableEntry, tables } from '../user-data.ts';

/** A list of the export: the user's rows of a table. */
export interface ExportSection {
  /** The name of its member in the document. */
  name: string;
  table: CatalogTable;
  userColumn: string;
  columns: readonly CatalogTable['columns'][number][];
  /** The key without the user: what orders the rows. Empty if a user has one row at most. */
  order: readonly string[];
  exportedAs: Extract<TableEntry, { noun: string }>['exportedAs'];
}

/** What an export does not have. */
export interface LeftOut {
  what: string;
  reason: string;
}

const tableNames = Object.entries(tables);

/** `emailVerified` of Better Auth becomes `email_verified`, as all other names are written. */
export const memberName = (column: string): string =>
  column.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Columns that are the same in all rows, or mean something in this database only. */
const isInternal = (column: string) => ['user_id', 'userId', 'revision'].includes(column);

function sectionName(table: string, entry: TableEntry): string {
  const [, name = table] = table.split('.');
  return 'exportedName' in entry && entry.exportedName !== undefined ? entry.exportedName : name;
}

/** The lists of an export, in the order in which they can be loaded: each after those that it refers to. */
export async function readSections(db: Db): Promise<ExportSection[]> {
  return orderByReferences(await readCatalog(db)).flatMap((table) => sectionOf(table, tables[table.name]));
}

function sectionOf(table: CatalogTable, entry: TableEntry | undefined): ExportSection[] {
  if (entry === undefined || 'notOfUsers' in entry) return [];
  const { export: handling } = entry;
  if (typeof handling === 'object' && 'omit' in handling) return [];
  const userColumn = userColumnOf(table);
  if (userColumn === null) throw new Error(`${table.name} has no column with the user's id`);
  const secrets = handling === 'include' ? [] : handling.without;
  const derived = 'derived' in entry ? entry.derived : [];
  const isShown = ({ name }: { name: string }) =>
    !isInternal(name) && !secrets.includes(name) && !derived.includes(name);
  const order = table.key.filter((name) => name !== userColumn);
  return [
    {
      // A list has the name of its table; a noun of which a user has one has its own.
      name: 'noun' in entry && order.length === 0 ? entry.noun : sectionName(table.name, entry),
      table,
      userColumn,
      columns: table.columns.filter(isShown),
      order,
      exportedAs: 'exportedAs' in entry ? entry.exportedAs : undefined,
    },
  ];
}

/** What every export leaves out, and why. */
export const leftOut: readonly LeftOut[] = tableNames.flatMap(([table, entry]) => {
  if ('notOfUsers' in entry || entry.export === 'include') return [];
  const { export: handling } = entry;
  const name = sectionName(table, entry);
  if ('omit' in handling) return [{ what: name, reason: handling.omit }];
  return handling.without.map((column) => ({
    what: `${name}.${memberName(column)}`,
    reason: handling.reason,
  }));
});
