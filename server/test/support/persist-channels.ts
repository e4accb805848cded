import { expect } from 'vitest';
import type { World } from './persist.ts';
import type { Fields } from './persist-nouns.ts';

/** The channels, each as it is by itself and in the list. */
export async function channelsOf({ client }: World): Promise<Fields[]> {
  const listed: Fields[] = (await client.v1('GET', '/channels?limit=100')).body.data;
  for (const channel of listed)
    expect((await client.v1('GET', `/channels/${channel.id}`)).body.data, 'in the list').toEqual(channel);
  return listed;
}

/** Writes every property of a channel, by its creation and by a change; another one is deleted. */
export async function writeChannel(world: World): Promise<void> {
  const url = 'https://hooks.example/duly';
  const created = world.fresh('channel');
  const { secret, ...channel } = await world.send('v1', 'POST', '/channels', {
    type: 'webhook',
    url,
    ...created,
  });
  expect(secret).toMatch(/^whsec_/);
  expect(channel).toMatchObject({ type: 'webhook', url, ...created });
  const changed = world.fresh('channel', channel);
  const path = `/channels/${channel.id}`;
  expect(await world.send('v1', 'PATCH', path, { ...channel, ...changed })).toMatchObject(changed);
  const rotated = await world.send('v1', 'POST', `${path}/rotate-secret`);
  expect(rotated).toMatchObject(changed);
  expect(rotated.secret).not.toBe(secret);
  const gone = await world.send('v1', 'POST', '/channels', { type: 'webhook', url });
  await world.send('v1', 'DELETE', `/channels/${gone.id}`);
}
