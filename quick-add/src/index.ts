export type { Priority, QuickAdd, QuickAddContext, Understood } from './model.ts';
export { parseQuickAdd } from './parse.ts';
