import { expect, test } from 'vitest';
import { passwordHashing } from '../../src/accounts/passwords.ts';

test('passwords are hashed in turn, and a crowd is told to come again instead of waiting without end', async () => {
  const hashes = await Promise.allSettled(
    Array.from({ length: 100 }, () => passwordHashing.hash('gentle-otter-42')),
  );
  const refused = hashes.filter((hash) => hash.status === 'rejected');
  expect(refused).toHaveLength(100 - 62);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  const [first] = hashes;
  const hash = first?.status === 'fulfilled' ? first.value : '';
  expect(await passwordHashing.verify({ hash, password: 'gentle-otter-42' })).toBe(true);
  expect(await passwordHashing.verify({ hash, password: 'gentle-otter-43' })).toBe(false);
});
