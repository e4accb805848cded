import type { Client } from './tasks.ts';

/** @returns the id of a new webhook of the user */
export async function createWebhook({ v1 }: Pick<Client, 'v1'>): Promise<string> {
  const { body } = await v1('POST', '/channels', { type: 'webhook', url: 'https://hooks.example/duly' });
  return body.data.id;
}
