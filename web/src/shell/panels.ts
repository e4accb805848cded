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

/** What a task gets that is added while the page is shown as it is: in a project, the project. */
export const placement = createStore<Placement>({});
/** Asks for a task that is added to what the page shows. */
export const openQuickAdd = () => panel.set({ name: 'quick-add', fields: placement.get() });

/** Of the narrow layout: whether the sidebar is shown. */
export const drawer = createStore(false);
