import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { listMigrations } from '../../src/db/migrator.ts';
import { root } from './sources.ts';

/** A change of a source file: this text, which must be there, is replaced. */
export type Patch = [file: string, before: string, after: string];

/** What is copied: that of the image, without the packages. */
const parts = ['package.json', 'openapi.json', 'migrations', 'src'];

/**
 * A copy of the service as a later release: with migrations that add a column each and that this code fits, and changed
 * sources. It shares the packages of this repository.
 */
export async function makeRelease(directory: string, migrationCount: number, patches: Patch[] = []) {
  const server = join(directory, 'server');
  await mkdir(server, { recursive: true });
  for (const part of parts) await cp(join(root, 'server', part), join(server, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const newest = listMigrations().length;
  for (let number = newest + 1; number <= newest + migrationCount; number += 1) {
    const name = `${String(number).padStart(4, '0')}_later`;
    const up = `-- compatible-from: ${newest}\nalter table duly.tasks add column later_${number} text;\n`;
    await writeFile(join(server, 'migrations', `${name}.up.sql`), up);
    const down = `alter table duly.tasks drop column later_${number};\n`;
    await writeFile(join(server, 'migrations', `${name}.down.sql`), down);
  }
  for (const [file, before, after] of patches) {
    const path = join(server, 'src', file);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(before);
    await writeFile(path, text.replace(before, after));
  }
}
