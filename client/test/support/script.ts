import { type ClientOptions, createDuly } from '../../src/index.ts';
import { record } from './duly.ts';

/** Answers in order; the last one again and again. An error is thrown. */
export type ScriptedAnswer = (() => Response | Promise<Response>) | Error;

export const problem =
  (status: number, error_code: string, headers: Record<string, string> = {}): ScriptedAnswer =>
  () =>
    Response.json({ detail: 'x', error_code, status_code: status }, { status, headers });

export const success: ScriptedAnswer = () =>
  Response.json({ data: { id: '1' }, message: '', status_code: 200 });

/** Never answers; fails once its signal is aborted, as `fetch` does. */
const silent: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });

/** A client of a server that answers by a script; null is no answer at all. */
export function scripted(answers: (ScriptedAnswer | null)[], options: Partial<ClientOptions> = {}) {
  let next = 0;
  const recorder = record(async (...request) => {
    const answer = answers[Math.min(next++, answers.length - 1)];
    if (answer === null || answer === undefined) return silent(...request);
    if (answer instanceof Error) throw answer;
    return answer();
  });
  const duly = createDuly({ url: 'http://duly.test', token: 't', fetch: recorder.fetch, ...options });
  return { duly, requests: recorder.requests };
}
