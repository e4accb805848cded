import type { Client } from './tasks.ts';

export const tagPathOf = (name: string) => `/tags/${encodeURIComponent(name)}`;
export const sendRenameTag = ({ v1 }: Client, name: string, newName: string, headers = {}) =>
  v1('PATCH', tagPathOf(name), { name: newName }, headers);
export const sendDeleteTag = ({ v1 }: Client, name: string) => v1('DELETE', tagPathOf(name));
