import type { User } from './user.ts';

/** What Better Auth refuses, with its code; `NETWORK_ERROR` without an answer. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

interface AuthAnswer {
  user?: { id: string; email: string; twoFactorEnabled?: boolean | null };
  totpURI?: string;
  backupCodes?: readonly string[];
  twoFactorRedirect?: boolean;
  code?: string;
  error_code?: string;
  message?: string;
  detail?: string;
}

/** Calls a route of Better Auth. The browser sends and stores the cookie of the session by itself. */
export async function callAuth(path: string, body?: object): Promise<AuthAnswer | null> {
  const response = await fetch(`/api/auth${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  }).catch(() => {
    throw new AuthError('NETWORK_ERROR', 'The server cannot be reached', 0);
  });
  const answer: AuthAnswer | null = await response.json().catch(() => null);
  if (response.ok) return answer;
  const code = answer?.code ?? answer?.error_code ?? String(response.status);
  throw new AuthError(
    response.status === 429 ? 'RATE_LIMITED' : code,
    answer?.message ?? answer?.detail ?? code,
    response.status,
  );
}

export function userOf(answer: AuthAnswer | null): User {
  if (answer?.user === undefined)
    throw new AuthError('UNEXPECTED_RESPONSE', 'The server did not name the user', 0);
  return { id: answer.user.id, email: answer.user.email };
}

export async function currentUser(): Promise<User | null> {
  const answer = await callAuth('/get-session');
  return answer?.user === undefined ? null : userOf(answer);
}

export const endSession = (): Promise<unknown> => callAuth('/sign-out', {});
