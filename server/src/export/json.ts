import type { Tx } from '../db/schema.ts';
import { version } from '../platform/version.ts';
import { readRows } from './rows.ts';
import { type ExportSection, leftOut, readSections } from './sections.ts';
import type { Sink } from './sink.ts';

/** The name of the document's format, and its version: another one when a reader has to be changed. */
export const documentFormat = 'duly-export';
export const documentVersion = 1;

/** Writes everything of a user as one JSON document, one row a line. `schema.json` is its schema. */
export async function writeJson(tx: Tx, userId: string, sink: Sink): Promise<void> {
  const head = {
    format: documentFormat,
    version: documentVersion,
    exported_at: new Date().toISOString(),
    made_by: `Duly ${version}`,
    user_id: userId,
    left_out: leftOut,
  };
  await sink(JSON.stringify(head).slice(0, -1));
  for (const section of await readSections(tx)) await writeSection(tx, userId, section, sink);
  await sink('\n}\n');
}

async function writeSection(tx: Tx, userId: string, section: ExportSection, sink: Sink): Promise<void> {
  const isSingle = section.order.length === 0;
  const name = `,\n${JSON.stringify(section.name)}: `;
  let separator = isSingle ? name : `${name}[\n`;
  let isEmpty = true;
  for await (const rows of readRows(tx, userId, section)) {
    await sink(separator + rows.join(',\n'));
    separator = ',\n';
    isEmpty = false;
  }
  const nothing = isSingle ? `${name}null` : `${name}[]`;
  await sink(isEmpty ? nothing : isSingle ? '' : '\n]');
}
