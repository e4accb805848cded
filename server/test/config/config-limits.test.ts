import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { secret } from '../support/app.ts';

const read = (env: Record<string, string>) => readConfig({ BETTER_AUTH_SECRET: secret, ...env }).limits;

test.each([
  ['5/1', { requests: 5, seconds: 1 }],
  [' 1000000/86400 ', { requests: 1_000_000, seconds: 86_400 }],
  ['off', null],
  ['', { requests: 10, seconds: 60 }],
])('RATE_LIMIT_AUTH=%j is taken', (value, quota) => {
  expect(read({ RATE_LIMIT_AUTH: value }).auth).toEqual(quota);
});

test('each limit has a variable of its own', () => {
  const { perUser, perAddress, auth } = read({
    RATE_LIMIT_PER_USER: '1/2',
    RATE_LIMIT_PER_IP: '3/4',
    RATE_LIMIT_AUTH: '5/6',
  });
  expect([perUser, perAddress, auth]).toEqual([
    { requests: 1, seconds: 2 },
    { requests: 3, seconds: 4 },
    { requests: 5, seconds: 6 },
  ]);
});

test.each(['redis://localhost', 'rediss://user:p%40ss@cache.example:6380/3', 'redis://[::1]:6379'])(
  'REDIS_URL=%s is taken',
  (value) => {
    expect(read({ REDIS_URL: value }).redisUrl).toBe(value);
  },
);

const password = 'hunter2-in-the-url';
test.each([
  ...['10', '0/60', '10/0', '-1/60', '10/60/1', '1e3/60', '10 / 60', 'OFF', '1000001/60', '10/86401'].map(
    (value) => ['RATE_LIMIT_AUTH', value, JSON.stringify(value), 'requests/seconds such as 10/60'] as const,
  ),
  ['RATE_LIMIT_PER_USER', 'on', '"on"', 'such as 1200/60'],
  ['RATE_LIMIT_PER_IP', '60', '"60"', 'such as 3000/60'],
  ['REDIS_URL', password, 'not a URL', 'redis://'],
  ['REDIS_URL', `https://:${password}@h`, '"https:"', 'redis://'],
  ['REDIS_URL', `redis://:${password}@h/name`, 'no number', 'redis://'],
  ['REDIS_URL', `redis://:${password}@h?enableOfflineQueue=1`, 'a query', 'redis://'],
  ['REDIS_URL', `redis://:${password}%zz@h`, 'a stray %', '%25'],
  ['REDIS_URL', 'redis:///1', 'no host', 'redis://'],
] as const)('%s=%s is refused in one line', (name, value, got, wants) => {
  let message = '';
  try {
    read({ [name]: value });
  } catch (error) {
    message = error instanceof Error ? error.message : '';
  }
  const [before, after] = message.split(', wants ');
  expect(before).toMatch(new RegExp(`^${name}: got `));
  expect(before).toContain(got);
  expect(after).toContain(wants);
  expect(message).not.toMatch(/[\n\r]/);
  expect(message).not.toContain(password);
});
