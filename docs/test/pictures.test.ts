import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read, root } from '../../server/test/support/sources.ts';
import { draw } from '../pictures/draw.ts';

const folder = 'docs/pictures';
const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.dot'));

test.each(names)('%s is drawn as its picture shows it; -u draws it anew', async (name) => {
  const svg = await draw(await read(`${folder}/${name}`));
  await expect(svg).toMatchFileSnapshot(join(root, folder, name.replace('.dot', '.svg')));
});
