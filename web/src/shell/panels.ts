import type { Placement } from '../model/lists.ts';
import { createStore } from '../model/store.ts';

/** What is open above the page; one at a time. */
export type Panel =
  | { name: 'palette' | 'shortcuts' | 'conflicts' }
  | { name: 'quick-add'; fields: Placement }
  | { name: 'project'; id: string | null }
  | { name: 'view'; id: string | null }
  | { name: 'tag'; id: string };

export const panel = createStore<Panel | null>(null);
export const closePanel = () => panel.set(null);

/** Of the narrow layout: whether the sidebar is shown. */
export const drawer = createStore(false);
