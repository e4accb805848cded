import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Quota } from '../config/limits.ts';
import { type Count, tenths } from './windows.ts';

/** One counter to take from. */
export interface Claim {
  /** The limit and what it counts by. */
  key: string;
  quota: Quota;
}

/** Counters that instances share. Every function rejects, soon, when Redis (or Valkey) does not answer. */
export interface SharedCounters {
  /** False for a while after a failure: not worth asking. */
  readonly isThere: boolean;
  take(claims: readonly Claim[]): Promise<Count[]>;
  /** Keeps a mark for some time. */
  mark(key: string, seconds: number): Promise<void>;
  isMarked(key: string): Promise<boolean>;
  /** Waits, not long, for the first connection. */
  open(): Promise<void>;
  close(): void;
}

const answerWithinMs = 100;
const connectWithinMs = 1_000;
/** How long after a failure requests count here before one of them tries Redis again. */
const retryMs = 1_000;

/** The sliding window of `windows.ts`, on Redis' clock: a hash of `start` and the requests of each tenth. */
const script = `
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
    if passed <= tenth - ${tenths} then redis.call('HDEL', key, passed)
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
    redis.call('PEXPIRE', key, width * ${tenths})
  end
  answer[#answer + 1] = allowed and 1 or 0
  answer[#answer + 1] = used
  answer[#answer + 1] = start + (oldest + ${tenths}) * width - now
end
return answer`;
const scriptSha = createHash('sha1').update(script).digest('hex');

export function connectCounters(url: string, log: Logger): SharedCounters {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectWithinMs,
    commandTimeout: answerWithinMs,
    disconnectTimeout: answerWithinMs,
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
  const guard = availability(redis, log);

  async function evaluate(keys: string[], args: number[]): Promise<unknown> {
    try {
      return await redis.evalsha(scriptSha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script, keys.length, ...keys, ...args);
    }
  }

  return {
    get isThere() {
      return guard.isThere;
    },
    take: (claims) =>
      guard.ask(async () => {
        const keys = claims.map(({ key }) => `limit:${key}`);
        const args = claims.flatMap(({ quota }) => [quota.requests, (quota.seconds * 1000) / tenths]);
        return counts(await evaluate(keys, args), claims.length);
      }),
    mark: (key, seconds) =>
      guard.ask(async () => {
        await redis.set(`mark:${key}`, 1, 'EX', seconds);
      }),
    isMarked: (key) => guard.ask(async () => (await redis.exists(`mark:${key}`)) === 1),
    open: () => guard.ask(() => redis.connect()).catch(() => undefined),
    close: () => redis.disconnect(),
  };
}

/** Whether Redis answered, if only with an error. */
const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';

/** Remembers whether Redis answers, and says so once each time that changes. */
function availability(redis: Redis, log: Logger) {
  let isAway = false;
  let retryAt = 0;
  return {
    get isThere() {
      return !isAway || performance.now() >= retryAt;
    },
    async ask<T>(question: () => Promise<T>): Promise<T> {
      // One question at a time finds out whether it is back; the others go on without.
      retryAt = performance.now() + retryMs;
      try {
        const answer = await question();
        if (isAway) log.info('Redis is back: rate limits are shared again');
        isAway = false;
        return answer;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!isAway)
          log.warn({ reason }, 'Redis is away: rate limits are counted by each process for itself');
        isAway = true;
        retryAt = performance.now() + retryMs;
        // A connection that went silent may stay so for long; a new one will not.
        if (!isReply(error) && redis.status === 'ready') redis.disconnect(true);
        throw error;
      }
    },
  };
}

function counts(reply: unknown, length: number): Count[] {
  const numbers = Array.isArray(reply) ? reply.map(Number) : [];
  if (numbers.length !== length * 3) throw new TypeError('an answer of another form');
  return Array.from({ length }, (_, index) => {
    const [allowed, used = 0, resetMs = 0] = numbers.slice(index * 3);
    return { allowed: allowed === 1, used, resetMs };
  });
}
