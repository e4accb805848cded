import type { Client } from './tasks.ts';

export const pathOf = (name: string) => `/tags/${encodeURIComponent(name)}`;
export const rename = ({ v1 }: Client, name: string, newName: string, headers = {}) =>
  v1('PATCH', pathOf(name), { name: newName }, headers);
export const remove = ({ v1 }: Client, name: string) => v1('DELETE', pathOf(name));
