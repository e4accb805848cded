import { expect, test } from 'vitest';
import { pocketBaseId } from '../../bench/peers/pocketbase-data.ts';
import { once } from '../../bench/requests.ts';
import { taskId } from '../../bench/seed.ts';

test.each(['bench-0', 'bench-1999', taskId(0, 1)])(
  '%s has an id of 15 letters and digits in PocketBase',
  (id) => {
    expect(pocketBaseId(id)).toMatch(/^[a-z0-9]{15}$/);
  },
);

test('users have different ids', () => {
  expect(pocketBaseId('bench-1')).not.toBe(pocketBaseId('bench-10'));
});

test('each task is deleted once', () => {
  const next = once(['a', 'b'], (id) => `DELETE ${id}`);
  expect([next(), next()]).toEqual(['DELETE a', 'DELETE b']);
  expect(next).toThrow('only 2 tasks');
});
