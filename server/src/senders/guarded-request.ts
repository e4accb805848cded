import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { FailureClass } from './model.ts';
import { faultOfReceiverUrl, hostOf, isAllowedAddress, type ReceiverRules } from './receiver-url.ts';
import { createResolveHost, type ResolveHost } from './resolve-host.ts';
import { createSuspects } from './suspects.ts';

export interface GuardedRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** The status that the receiver answered with, or why there is none. */
export type GuardedResponse = { status: number } | { error: FailureClass };

export interface GuardedClient {
  /** POSTs to a URL that a user chose. Never throws. No redirect is followed, and no body returned. */
  post(request: GuardedRequest, signal: AbortSignal): Promise<GuardedResponse>;
  close(): void;
}

export interface GuardOptions {
  resolveHost?: ResolveHost;
  isAllowed?(address: string): boolean;
  /** In all: waiting for a connection, connecting, and the response. */
  timeoutMs?: number;
}

/** A host that does not answer holds so many connections, and no others wait for them. */
const maxConnectionsPerHost = 8;
/** More of a response would not be read: its connection is closed. */
const maxResponseBytes = 16_384;

class RefusedAddress extends Error {}

/**
 * One guard for webhooks and push: requests to addresses that are not public are refused before they connect. A name is
 * resolved once per connection; all of its addresses are checked, and only those are connected to.
 */
export function createGuardedClient(
  rules: ReceiverRules,
  {
    resolveHost = createResolveHost(),
    isAllowed = (address) => isAllowedAddress(address, rules),
    timeoutMs = 10_000,
  }: GuardOptions = {},
): GuardedClient {
  const options = {
    keepAlive: true,
    maxSockets: maxConnectionsPerHost,
    maxFreeSockets: 2,
    timeout: 10_000,
    lookup: checkedLookup(resolveHost, isAllowed),
    autoSelectFamilyAttemptTimeout: 1_000,
  };
  const suspects = createSuspects();
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };

  async function post(request: GuardedRequest, signal: AbortSignal): Promise<GuardedResponse> {
    if (faultOfReceiverUrl(request.url, rules) !== null) return { error: 'refused_address' };
    const url = new URL(request.url);
    const agent = url.protocol === 'https:' ? agents['https:'] : agents['http:'];
    const refusal = suspects.refusal(url.origin);
    if (refusal !== null) return { error: refusal };
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const status = await sendWithRetry(url, request, agent, limited);
      suspects.record(url.origin, null);
      return { status };
    } catch (cause) {
      const error = limited.aborted ? 'timeout' : failureClassOf(cause);
      // A caller that gave up says nothing about the receiver.
      suspects.record(url.origin, signal.aborted ? null : error);
      return { error };
    }
  }

  return {
    post,
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** Node looks up names only: `post` has checked IP literals. */
const checkedLookup =
  (resolveHost: ResolveHost, isAllowed: (address: string) => boolean): LookupFunction =>
  (name, _options, done) => {
    resolveHost(name).then(
      (found) => {
        const isFine = found.length > 0 && found.every(({ address }) => isAllowed(address));
        done(isFine ? null : new RefusedAddress(), found);
      },
      (error) => done(error, []),
    );
  };

/** A server may close a kept connection just as a request is sent on it. Receivers drop repeats by the id. */
async function sendWithRetry(...[url, request, agent, signal]: Parameters<typeof send>): Promise<number> {
  const result = await send(url, request, agent, signal);
  if (result !== 'stale connection') return result;
  const again = await send(
    url,
    { ...request, headers: { ...request.headers, connection: 'close' } },
    agent,
    signal,
  );
  if (again === 'stale connection') throw new Error('a new connection was closed');
  return again;
}

function send(
  url: URL,
  { headers, body }: GuardedRequest,
  agent: http.Agent,
  signal: AbortSignal,
): Promise<number | 'stale connection'> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{
          method: 'POST',
          agent,
          signal,
          hostname: hostOf(url),
          port: url.port,
          path: url.pathname + url.search,
        },
        headers: { ...headers, 'content-length': body.length },
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        discard(response);
      },
    );
    sent.on('error', (error) =>
      sent.reusedSocket && codeOf(error) === 'ECONNRESET' ? resolve('stale connection') : reject(error),
    );
    sent.end(body);
  });
}

/** Reads a short rest, so that the connection can be kept. Its time is limited by the signal of the request. */
function discard(response: http.IncomingMessage): void {
  let sizeBytes = 0;
  response.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxResponseBytes) response.destroy();
  });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const dnsCodes = /^(ENOTFOUND|ENODATA|ESERVFAIL|EFORMERR|ENOTIMP|EREFUSED|EBAD\w+|ETIMEOUT|ECANCELLED)$/;
const tlsCodes =
  /^(EPROTO|ERR_TLS_|ERR_SSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

function failureClassOf(error: unknown): FailureClass {
  if (error instanceof RefusedAddress) return 'refused_address';
  const code = codeOf(error);
  if (dnsCodes.test(code)) return 'dns';
  return tlsCodes.test(code) ? 'tls' : 'connection';
}
