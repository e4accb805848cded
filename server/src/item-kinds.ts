import type { ItemKind } from './items/kind.ts';
import { projectKind } from './projects/kind.ts';
import { sectionKind } from './sections/kind.ts';
import { viewKind } from './views/kind.ts';

/** Every noun whose things are items, for what empties the trash of all of them. */
export const itemKinds: readonly ItemKind[] = [projectKind, sectionKind, viewKind];
