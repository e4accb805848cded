/** What a token function gets. */
export interface TokenContext {
  /** The token that the server refused; null for the first one. */
  rejected: string | null;
  /** The origin of the server. */
  url: string;
  /** Sends a request without a token, with the retries of the client. */
  send(request: TokenRequest): Promise<{ body: unknown; headers: Headers }>;
}

export interface TokenRequest {
  method: 'GET' | 'POST';
  /** From the root of the server, such as `/api/auth/token`. */
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export type TokenFunction = (context: TokenContext) => string | Promise<string>;

/** A token that never changes, or a function that is called for the first one and after each refusal. */
export type TokenSource = string | TokenFunction;

export interface Tokens {
  get(): Promise<string>;
  /** The token to try after a refused one; null if there is no other. */
  renew(rejected: string): Promise<string | null>;
}

/** Keeps one token. However many calls wait for another one, the function is called once. */
export function createTokens(source: TokenSource, context: Omit<TokenContext, 'rejected'>): Tokens {
  if (typeof source === 'string') return { get: async () => source, renew: async () => null };
  const ask = source;
  let current: string | null = null;
  let pending: Promise<string> | null = null;

  function request(rejected: string | null): Promise<string> {
    pending ??= (async () => ask({ ...context, rejected }))()
      .then((token) => {
        current = token;
        return token;
      })
      .finally(() => {
        pending = null;
      });
    return pending;
  }

  return {
    get: async () => pending ?? current ?? request(null),
    renew: async (rejected) => pending ?? (current === rejected ? request(rejected) : current),
  };
}
