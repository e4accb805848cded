import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
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

/** The sliding window of `windows.ts`, on Redis' clock: a hash of `start` and the requests of each tenth. */
const slidingWindowScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for i, key in ipairs(KEYS) do
  local quota, width = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local start, counts, fields = now, {}, redis.call('HGETALL', key)
  for j = 1, #fields, 2 do
    if fields[j] == 'start' then start = tonumber(fields[j + 1])
    else counts[tonumber(fields[j])] = tonumber(fields[j + 1]) end
  end
  local tenth = math.floor((now - start) / width)
  local used, oldest = 0, tenth
  for passed, count in pairs(counts) do
    if passed <= tenth - ${slotsPerWindow} then redis.call('HDEL', key, passed)
    else used, oldest = used + count, math.min(oldest, passed) end
  end
  if used == 0 then
    start, tenth, oldest = now, 0, 0
    redis.call('HSET', key, 'start', now)
  end
  local allowed = used < quota
  if allowed then
    used = used + 1
    redis.call('HINCRBY', key, tenth, 1)
    redis.call('PEXPIRE', key, width * ${slotsPerWindow})
  end
  answer[#answer + 1] = allowed and 1 or 0
  answer[#answer + 1] = used
  answer[#answer + 1] = start + (oldest + ${slotsPerWindow}) * width - now
end
return answer`;
const slidingWindowSha = createHash('sha1').update(slidingWindowScript).digest('hex');

/** Counters in Redis (or Valkey); null without REDIS_URL. */
export const redisCounters = ({ redisUrl }: LimitSettings, log: Logger): SharedCounters | null =>
  redisUrl === null ? null : connectCounters(redisUrl, log);

function connectCounters(url: string, log: Logger): SharedCounters {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: counterTimeoutMs,
    disconnectTimeout: counterTimeoutMs,
    // What cannot be asked now is counted here instead; nothing waits, and nothing is asked later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => retryMs / 2,
    // Plain replies, which every version of either server gives.
    protocol: 2,
    disableClientInfo: true,
    keyPrefix: 'duly:',
  });
  // Told by the request that finds out; the client itself would tell of every attempt to connect.
  redis.on('error', () => undefined);
  const breaker = createCircuitBreaker(
    {
      away: 'Redis is away: rate limits are counted by each process for itself',
      back: 'Redis is back: rate limits are shared again',
    },
    log,
    (error) => {
      // A connection that went silent may stay so for long; a new one will not.
      if (!isReply(error) && redis.status === 'ready') redis.disconnect(true);
    },
  );

  async function evaluate(keys: string[], args: number[]): Promise<unknown> {
    try {
      return await redis.evalsha(slidingWindowSha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(slidingWindowScript, keys.length, ...keys, ...args);
    }
  }

  return {
    get isAvailable() {
      return breaker.isThere;
    },
    take: (claims) =>
      breaker.ask(async () => {
        const keys = claims.map(({ key }) => `limit:${key}`);
        const args = claims.flatMap(({ quota }) => [quota.requests, (quota.seconds * 1000) / slotsPerWindow]);
        const reply = await evaluate(keys, args);
        return parseCounts(Array.isArray(reply) ? reply.map(Number) : [], claims.length);
      }),
    mark: (key, seconds) =>
      breaker.ask(async () => {
        await redis.set(`mark:${key}`, 1, 'EX', seconds);
      }),
    isMarked: (key) => breaker.ask(async () => (await redis.exists(`mark:${key}`)) === 1),
    open: () => breaker.ask(() => redis.connect()).catch(() => undefined),
    close: () => redis.disconnect(),
  };
}

/** Whether Redis answered, if only with an error. */
const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';
