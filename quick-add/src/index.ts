export type { Priority, QuickAdd, QuickAddContext, Understood } from './model.ts';
export { findNameStart, type NameStart, writeName } from './names.ts';
export { parseQuickAdd } from './parse.ts';
