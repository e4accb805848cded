import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import type { BucketLocation } from '../config/store-location.ts';
import { StoreError } from './store.ts';

export interface S3Request {
  method: 'GET' | 'PUT' | 'DELETE';
  /** Percent-encoded where that is needed. */
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: Uint8Array<ArrayBuffer>;
}

/** Signs and sends requests of the S3 protocol. */
export interface S3Client {
  /**
   * Sends a request again after a fault that may pass.
   * @returns the body; null if there is no object of that name
   * @throws StoreError for every other answer but success
   */
  send(request: S3Request, attempts: number): Promise<Buffer | null>;
}

/** Without progress for so long a request has failed. */
const idleTimeoutMs = 10_000;
/** The slowest upload that is waited for: while a body is sent, no progress is seen. */
const leastBytesPerMs = 64;
const firstRetryMs = 500;
const lastRetryMs = 16_000;
/** More than any object or list that a store of ours has. */
const maxAnswerBytes = 64 * 2 ** 20;

/** Answers that another attempt may mend. The last two say that the body was damaged on its way. */
const passingStatuses = new Set([429, 500, 502, 503, 504]);
const passingCodes = new Set(['RequestTimeout', 'SlowDown', 'BadDigest', 'XAmzContentSHA256Mismatch']);

const hints: Readonly<Record<string, string>> = {
  AccessDenied: 'these credentials may not do that',
  AuthorizationHeaderMalformed: 'check AWS_REGION',
  ExpiredToken: 'AWS_SESSION_TOKEN has expired',
  InvalidAccessKeyId: 'check AWS_ACCESS_KEY_ID',
  InvalidToken: 'check AWS_SESSION_TOKEN',
  NoSuchBucket: 'the bucket does not exist',
  PermanentRedirect: 'check its address and AWS_REGION',
  RequestTimeTooSkewed: 'check the clock of this machine',
  SignatureDoesNotMatch: 'check AWS_SECRET_ACCESS_KEY',
};

interface Answer {
  status: number;
  body: Buffer;
}

/** @param stop ends what is under way */
export function createS3Client(location: BucketLocation, stop?: AbortSignal): S3Client {
  const { origin } = new URL(location.url);
  const { accessKeyId, secretAccessKey, sessionToken, region } = location;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) };
  const signer = { ...credentials, region, service: 's3', cache: new Map<string, ArrayBuffer>() };

  async function sendOnce({ method, path, query = {}, body }: S3Request): Promise<Answer> {
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const url = `${origin}${path}?${new URLSearchParams(query)}`.replace(/\?$/, '');
    // The store refuses a body with another digest, and the signature covers the digest.
    const headers = { 'x-amz-content-sha256': digest };
    const signed = await new AwsV4Signer({ ...signer, method, url, headers }).sign();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), idleTimeoutMs + (body?.length ?? 0) / leastBytesPerMs);
    try {
      const response = await fetch(signed.url, {
        method,
        headers: signed.headers,
        // A redirect would send the signed request to a server that the settings do not name.
        redirect: 'manual',
        signal: stop === undefined ? late.signal : AbortSignal.any([late.signal, stop]),
        ...(body === undefined ? {} : { body }),
      });
      return { status: response.status, body: await readBody(response, timer) };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async send(request, attempts) {
      for (let attempt = 1; ; attempt += 1) {
        const outcome = await outcomeOf(request.method, sendOnce(request));
        if (outcome.fault === null) return outcome.body;
        if (!outcome.mayPass || attempt >= attempts || stop?.aborted)
          throw new StoreError(`${location.url}: ${request.method} failed: ${outcome.fault}`);
        const waitMs = Math.min(lastRetryMs, firstRetryMs * 2 ** (attempt - 1));
        await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal: stop }).catch(() => undefined);
      }
    },
  };
}

async function readBody(response: Response, timer: NodeJS.Timeout): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    timer.refresh();
    sizeBytes += chunk.length;
    if (sizeBytes > maxAnswerBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Outcome = { fault: null; body: Buffer | null } | { fault: string; mayPass: boolean };

async function outcomeOf(method: S3Request['method'], sent: Promise<Answer>): Promise<Outcome> {
  let answer: Answer;
  try {
    answer = await sent;
  } catch (error) {
    return { fault: faultOf(error), mayPass: true };
  }
  const { status, body } = answer;
  if (status >= 200 && status < 300) return { fault: null, body };
  // The rest of the document may contain the access key.
  const code = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(body.toString('utf8', 0, 4_096))?.[1] ?? '';
  if (code === 'NoSuchKey' && method !== 'PUT') return { fault: null, body: null };
  const hint = hints[code === '' && status === 301 ? 'PermanentRedirect' : code];
  const fault = [`${status} ${code}`.trim(), ...(hint === undefined ? [] : [hint])].join(', ');
  return { fault, mayPass: passingStatuses.has(status) || passingCodes.has(code) };
}

/** Why there was no answer. The messages of the runtime say less than the code of their cause. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'AbortError') return 'no answer in time';
  const { cause } = error;
  const hasCause = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  return hasCause ? `no answer (${cause.code})` : `no answer (${error.message})`;
}
