import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from './support/duly.ts';
import { problem, scripted, success } from './support/script.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-28T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const noNetwork = new TypeError('no network');
const keyOf = ({ headers }: { headers: Headers }) => headers.get('idempotency-key');

/** The result of a call, and the time that it took on the clock of the test. */
async function timed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const running = run();
  await vi.runAllTimersAsync();
  return { result: await running, ms: performance.now() - start };
}

describe('a write with a key', () => {
  test.each([
    ['no answer', noNetwork],
    ['502', problem(502, 'X')],
    ['503', problem(503, 'SERVICE_UNAVAILABLE')],
    ['an unknown outcome', problem(503, 'OUTCOME_UNKNOWN')],
    ['504 of a proxy', () => new Response('<html>', { status: 504 })],
    ['429', problem(429, 'RATE_LIMITED')],
    ['a request in flight', problem(409, 'IDEMPOTENCY_IN_FLIGHT', { 'retry-after': '1' })],
  ])('is sent again after %s, with the same key and body', async (_, answer) => {
    const { duly, requests } = scripted([answer, answer, success]);
    const { result } = await timed(() => duly.tasks.create({ title: 'x' }));
    expect(result).toEqual({ id: '1' });
    expect(requests).toHaveLength(3);
    const [key] = requests.map(keyOf);
    expect(key).toMatch(/^[0-9a-f-]{36}$/);
    expect(requests.map(keyOf)).toEqual([key, key, key]);
    expect(requests.map(({ body }) => body)).toEqual(Array(3).fill({ title: 'x' }));
  });

  test('has another key than the next call, or the one that the caller gives', async () => {
    const { duly, requests } = scripted([success]);
    await duly.tasks.create({ title: 'x' });
    await duly.tasks.create({ title: 'x' });
    await duly.tasks.create({ title: 'x' }, { idempotencyKey: 'mine' });
    expect(new Set(requests.map(keyOf)).size).toBe(3);
    expect(requests.map(keyOf)[2]).toBe('mine');
  });

  test.each([400, 401, 404, 409, 422, 500])('is not sent again after a %i', async (status) => {
    const { duly, requests } = scripted([problem(status, 'X')]);
    expect(await failureOf(duly.tasks.create({ title: 'x' }))).toMatchObject({ status });
    expect(requests).toHaveLength(1);
  });
});

describe('a write without a key', () => {
  test.each([
    ['no answer', noNetwork],
    ['502', problem(502, 'X')],
    ['503', problem(503, 'SERVICE_UNAVAILABLE')],
  ])('is not sent again after %s', async (_, answer) => {
    const { duly, requests } = scripted([answer, success]);
    await failureOf(duly.sessions.endOthers());
    expect(requests).toHaveLength(1);
    expect(requests.map(keyOf)).toEqual([null]);
  });

  test('is sent again after a 429, which is answered before anything is done', async () => {
    const { duly, requests } = scripted([problem(429, 'RATE_LIMITED'), success]);
    await timed(() => duly.sessions.endOthers());
    expect(requests).toHaveLength(2);
  });
});

describe('waiting', () => {
  test('a read is sent again, later each time, and never longer than twice the wait before', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const retry = { attempts: 5, firstWaitMs: 100, maxWaitMs: 400 };
    const { duly, requests } = scripted([noNetwork], { retry });
    const { result, ms } = await timed(() => failureOf(duly.tasks.list()));
    expect(result).toMatchObject({ code: 'NETWORK_ERROR' });
    expect([requests.length, ms]).toEqual([5, 100 + 200 + 400 + 400]);
  });

  test('clients that failed together return at different times', async () => {
    const times = new Set<number>();
    for (let client = 0; client < 10; client += 1) {
      const { duly } = scripted([noNetwork, success], { retry: { firstWaitMs: 10_000 } });
      times.add((await timed(() => duly.tasks.get('1'))).ms);
    }
    expect(times.size).toBeGreaterThan(5);
  });

  test.each([
    ['seconds', '7'],
    ['an HTTP date', 'Sat, 28 Nov 2026 12:00:07 GMT'],
  ])('Retry-After in %s is obeyed', async (_, value) => {
    const { duly } = scripted([problem(503, 'SERVICE_LOCKED', { 'retry-after': value }), success]);
    const { ms } = await timed(() => duly.tasks.get('1'));
    expect(ms).toBeGreaterThanOrEqual(7_000);
    expect(ms).toBeLessThan(7_500);
  });

  test('a Retry-After beyond the total time fails at once, and is told', async () => {
    const { duly, requests } = scripted([problem(429, 'RATE_LIMITED', { 'retry-after': '90' }), success]);
    const { result, ms } = await timed(() => failureOf(duly.tasks.list()));
    expect(result).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 90_000 });
    expect([requests.length, ms]).toEqual([1, 0]);
  });

  test('a mail that cannot be sent is not tried again', async () => {
    const { duly, requests } = scripted([problem(503, 'MAIL_NOT_CONFIGURED', { 'retry-after': '1' })]);
    expect(await failureOf(duly.channels.pushKey())).toMatchObject({ code: 'MAIL_NOT_CONFIGURED' });
    expect(requests).toHaveLength(1);
  });

  test('a server that does not answer is given up after the time of an attempt, and all after the total', async () => {
    const { duly, requests } = scripted([null], {
      timeoutMs: 5_000,
      retry: { totalMs: 12_000, firstWaitMs: 1 },
    });
    const { result, ms } = await timed(() => failureOf(duly.tasks.list()));
    expect(result).toMatchObject({
      code: 'NETWORK_ERROR',
      detail: expect.stringContaining('No answer within'),
    });
    expect(requests).toHaveLength(3);
    expect(ms).toBeLessThanOrEqual(12_001);
  });

  test('a body that stops half-way is no answer', async () => {
    const half = () => {
      const stream = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"data":')),
        pull: (controller) => controller.error(noNetwork),
      });
      return new Response(stream, { headers: { 'content-type': 'application/json' } });
    };
    const { duly, requests } = scripted([half, success]);
    await timed(() => duly.tasks.create({ title: 'x' }));
    expect(requests).toHaveLength(2);
  });
});

describe('an abort', () => {
  test.each([
    ['the answer', [null]],
    ['another attempt', [problem(503, 'SERVICE_LOCKED', { 'retry-after': '30' })]],
  ])('ends a call at once that waits for %s', async (_, answers) => {
    const { duly, requests } = scripted(answers);
    const controller = new AbortController();
    const failed = failureOf(duly.tasks.create({ title: 'x' }, { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(10);
    const start = performance.now();
    controller.abort('enough');
    expect(await failed).toBe('enough');
    expect([performance.now() - start, requests.length, vi.getTimerCount()]).toEqual([0, 1, 0]);
  });

  test('ends a call that waits for a token', async () => {
    const { duly, requests } = scripted([success], { token: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const failed = failureOf(duly.tasks.list({}, { signal: controller.signal }));
    controller.abort();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    expect(requests).toHaveLength(0);
  });

  test('before the call sends nothing', async () => {
    const { duly, requests } = scripted([success]);
    expect(await failureOf(duly.tasks.list({}, { signal: AbortSignal.abort('no') }))).toBe('no');
    expect(requests).toHaveLength(0);
  });
});
