import type { Translate } from '../i18n/i18n.tsx';
import type { MenuItem } from '../ui/menu.tsx';

/** Of the menu of something that has a place among others. */
export const moveItems = (t: Translate, moveBy: (by: 1 | -1) => void): MenuItem[] => [
  { id: 'up', text: t('list.moveUp'), icon: 'up', run: () => moveBy(-1) },
  { id: 'down', text: t('list.moveDown'), icon: 'down', run: () => moveBy(1) },
];
