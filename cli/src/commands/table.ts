import type { Arguments, CommandName } from '../usage.ts';

type Command = (args: Arguments) => Promise<void>;

/** Every command of `usage.json`. Only the module of the command that runs is loaded. */
export const commands: Record<CommandName, () => Promise<Command>> = {
  login: async () => (await import('./session.ts')).login,
  logout: async () => (await import('./session.ts')).logout,
  add: async () => (await import('./add.ts')).add,
  list: async () => (await import('./list.ts')).list,
  today: async () => (await import('./list.ts')).today,
  search: async () => (await import('./list.ts')).search,
  done: async () => (await import('./change.ts')).done,
  undo: async () => (await import('./change.ts')).undo,
  edit: async () => (await import('./edit.ts')).edit,
  rm: async () => (await import('./change.ts')).rm,
  watch: async () => (await import('./watch.ts')).watch,
  sync: async () => (await import('./sync.ts')).sync,
  import: async () => (await import('./transfer.ts')).importFile,
  export: async () => (await import('./transfer.ts')).exportFile,
  token: async () => (await import('./session.ts')).token,
  completions: async () => (await import('./completions.ts')).completions,
};
