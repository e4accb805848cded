import { createDuly, type Duly, type DulyError, type TokenFunction } from '../../../client/src/index.ts';
import { Failure, sessionEnded } from '../failure.ts';
import { type Account, sessionOf } from './account.ts';

const tokenPath = '/api/auth/token';

/** The session is read, maybe from the keyring, only when the network is used. */
const sessionHeaders = async (account: Account) => ({
  authorization: `Bearer ${await sessionOf(account)}`,
  // Better Auth's routes want an origin that they trust.
  origin: new URL(account.url).origin,
});

const tokenOf =
  (account: Account): TokenFunction =>
  async ({ send }) => {
    const headers = await sessionHeaders(account);
    const { body } = await send({ method: 'GET', path: tokenPath, headers }).catch((error: DulyError) => {
      throw error.status === 401 ? sessionEnded() : error;
    });
    return String(Object(body).token);
  };

/** A person waits: so each attempt is short, and there are few. */
const limits = { timeoutMs: 5_000, retry: { attempts: 2, totalMs: 8_000, firstWaitMs: 200 } };

export const createClient = (account: Account): Duly =>
  createDuly({ url: account.url, token: tokenOf(account), ...limits });

/** A request that the client has no method for. @throws Failure if there is no answer */
export async function request(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url + path, { redirect: 'error', ...init });
  } catch {
    throw new Failure('network', `${url} cannot be reached`);
  }
}

/** @returns a token that lives for 15 minutes. @throws Failure */
export async function accessToken(account: Account): Promise<string> {
  const init = { headers: await sessionHeaders(account), signal: AbortSignal.timeout(limits.timeoutMs) };
  const response = await request(account.url, tokenPath, init);
  if (response.status === 401) throw sessionEnded();
  const { token } = Object(await response.json().catch(() => null));
  if (typeof token !== 'string')
    throw new Failure('failed', `${account.url} gives no token: HTTP status ${response.status}`);
  return token;
}
