import { migrateUp } from '../../src/db/migrator.ts';
import { createDb } from '../../src/db/pool.ts';
import type { Db } from '../../src/db/schema.ts';
import { fold, foldVersion, searchTextOf } from '../../src/platform/folding.ts';
import { startApp, type TestApp } from './app.ts';
import { createDatabase } from './database.ts';
import { silentLog as log } from './log.ts';

/** Titles and names whose stored folded text is wrong or of another version. */
export async function findUnfolded(db: Db): Promise<string[]> {
  const tasks = await db
    .selectFrom('duly.tasks')
    .select(['title', 'description', 'search_text', 'search_version'])
    .execute();
  const tags = await db.selectFrom('duly.tags').select(['name', 'search_text', 'search_version']).execute();
  return [
    ...tasks.map(({ title, description, ...row }) => ({
      title,
      ...row,
      wanted: searchTextOf(title, description),
    })),
    ...tags.map(({ name, ...row }) => ({ title: name, ...row, wanted: fold(name) })),
  ]
    .filter(
      ({ search_text, search_version, wanted }) => search_text !== wanted || search_version !== foldVersion,
    )
    .map(({ title }) => title);
}

/** Two locales that differ where results could depend on it: C has ASCII letters only, Turkish has a dotless ı. */
export const locales = {
  C: `encoding 'UTF8' locale_provider libc locale 'C'`,
  Turkish: `encoding 'UTF8' locale_provider icu icu_locale 'tr-TR' locale 'C'`,
};

/** A server on a database with another locale than the template's. */
export async function startAppIn(locale: keyof typeof locales): Promise<TestApp> {
  const database = await createDatabase('empty', locales[locale]);
  const db = createDb({ connection: database.connection, max: 2, log });
  await migrateUp(db);
  await db.destroy();
  const app = await startApp({}, { database });
  return {
    ...app,
    async close() {
      await app.close();
      await database.drop();
    },
  };
}
