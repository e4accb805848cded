import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { LimitSettings } from '../config/limits.ts';
import {
  counterTimeoutMs,
  createCircuitBreaker,
  parseCounts,
  retryMs,
  type SharedCounters,
} from './shared-counters.ts';
import { slotsPerWindow } from './sliding-windows.ts';

const connectTimeoutMs = 1_000;

/**
 * The algorithm of `sliding-windows.ts` on Redis' clock. A counter is a hash with `start` and the requests of each
 * slot.
 */
const slidingWindowScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local reply = {}
for i, key in ipairs(KEYS) do
  local quota, width = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local start, counts, fields = now, {}, redis.call('HGETALL', key)
  for j = 1, #fields, 2 do
    if fields[j] == 'start' then start = tonumber(fields[j + 1])
    else counts[tonumber(fields[j])] = tonumber(fields[j + 1]) end
  end
  local slot = math.floor((now - start) / width)
  local used, oldest = 0, slot
  for passed, count in pairs(counts) do
    if passed <= slot - ${slotsPerWindow} then redis.call('HDEL', key, passed)
    else used, oldest = used + count, math.min(oldest, passed) end
  end
  if used == 0 then
    start, slot, oldest = now, 0, 0
    redis.call('HSET', key, 'start', now)
  end
  local allowed = used < quota
  if allowed then
    used = used + 1
    redis.call('HINCRBY', key, slot, 1)
    redis.call('PEXPIRE', key, width * ${slotsPerWindow})
  end
  reply[#reply + 1] = allowed and 1 or 0
  reply[#reply + 1] = used
  reply[#reply + 1] = start + (oldest + ${slotsPerWindow}) * width - now
end
return reply`;
const slidingWindowSha = createHash('sha1').update(slidingWindowScript).digest('hex');

/** Counters in Redis (or Valkey); null without REDIS_URL. */
export const redisCounters = ({ redisUrl }: LimitSettings, log: Logger): SharedCounters | null =>
  redisUrl === null ? null : connectCounters(redisUrl, log);

/** Loads the client, which takes some 10 MB. It does not connect yet. */
async function createClient(url: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: counterTimeoutMs,
    disconnectTimeout: counterTimeoutMs,
    // While Redis is unreachable, commands fail at once, and this process counts instead. Nothing is sent later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => retryMs / 2,
    // RESP2, which every version of Redis and Valkey speaks.
    protocol: 2,
    disableClientInfo: true,
    keyPrefix: 'duly:',
  });
  // The circuit breaker logs failures once. The client emits an error for every attempt to connect.
  redis.on('error', () => undefined);
  return redis;
}

function connectCounters(url: string, log: Logger): SharedCounters {
  const client = createClient(url);
  const breaker = createCircuitBreaker(
    {
      unavailable: 'Redis is away: rate limits are counted by each process for itself',
      available: 'Redis is back: rate limits are shared again',
    },
    log,
    (error) => {
      // After a time-out the connection may be dead without an error: reconnect.
      if (!isReply(error)) void client.then((redis) => redis.status === 'ready' && redis.disconnect(true));
    },
  );

  async function evaluate(keys: string[], args: number[]): Promise<unknown> {
    const redis = await client;
    try {
      return await redis.evalsha(slidingWindowSha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(slidingWindowScript, keys.length, ...keys, ...args);
    }
  }

  return {
    get isAvailable() {
      return breaker.allowsCall;
    },
    take: (targets) =>
      breaker.call(async () => {
        const keys = targets.map(({ key }) => `limit:${key}`);
        const args = targets.flatMap(({ quota }) => [
          quota.requests,
          (quota.seconds * 1000) / slotsPerWindow,
        ]);
        const reply = await evaluate(keys, args);
        return parseCounts(Array.isArray(reply) ? reply.map(Number) : [], targets.length);
      }),
    mark: (key, seconds) =>
      breaker.call(async () => {
        await (await client).set(`mark:${key}`, 1, 'EX', seconds);
      }),
    isMarked: (key) => breaker.call(async () => (await (await client).exists(`mark:${key}`)) === 1),
    open: () => breaker.call(async () => (await client).connect()).catch(() => undefined),
    close: () => void client.then((redis) => redis.disconnect()),
  };
}

/** An error that Redis sent, as opposed to a failed connection or a time-out. */
const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';
