import type { Logger } from 'pino';
import { serviceUnavailable } from '../platform/errors.ts';

const timeoutMs = 3_000;
const maxBytes = 131_072;
const maxKeys = 100;

/**
 * Creates a function that loads the members of the JWK set at `url` (RFC 7517 §5): at most 100 keys in 128 KiB, within
 * 3 s. While loading fails, it returns the last set. Without one it throws AppError SERVICE_UNAVAILABLE.
 */
export function createRemoteKeyLoader(url: string, log: Logger): () => Promise<readonly unknown[]> {
  let lastKeys: readonly unknown[] | null = null;
  return async () => {
    try {
      lastKeys = await fetchKeys(url);
      return lastKeys;
    } catch (error) {
      const reason = error instanceof Error ? String(error.cause ?? error.message) : String(error);
      log.warn({ reason, kept: lastKeys?.length ?? 0 }, 'the keys of JWKS_URL cannot be loaded');
      if (lastKeys !== null) return lastKeys;
      throw serviceUnavailable(error);
    }
  };
}

async function fetchKeys(url: string): Promise<readonly unknown[]> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    // A redirect could lead to another server's keys.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    // Throwing out of the loop cancels the response's stream.
    if (length > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return parseKeySet(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
}

/** RFC 7517 §5. */
function parseKeySet(text: string): readonly unknown[] {
  const set: unknown = JSON.parse(text);
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : null;
  if (Array.isArray(keys) && keys.length <= maxKeys) return keys;
  throw new Error('not a JWK set');
}
