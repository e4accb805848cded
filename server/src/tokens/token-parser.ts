import { TokenRefusal } from './token-refusals.ts';

/**
 * The header parameters that select a key. A header with any other one but `typ` is refused: `jwk`, `jku`, `x5u` or
 * `crit` could introduce keys and rules (RFC 8725 §3.10).
 */
export interface TokenHeader {
  readonly algorithm: string;
  readonly keyId: string | null;
}

export interface ParsedToken {
  readonly header: TokenHeader;
  /** The `iss` claim, not verified yet. */
  readonly issuer: unknown;
}

/** In characters. Leaves 2 kB of a request's 8 kB for its other headers. */
const tokenMaxLength = 6_144;
/** A compact JWS (RFC 7515 §7.1). Canonical base64url is checked later. */
const compactPattern = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const allowedHeaderNames = new Set(['alg', 'kid', 'typ']);

/** A session token of Better Auth: opaque, and signed in cookies and in `set-auth-token`. */
const sessionTokenPattern = /^[A-Za-z0-9]{32}(?:\.[\w%+/=-]+)?$/;

const malformedToken = new TokenRefusal(
  'malformed JWT',
  'a signed JWT: three parts of base64url, two JSON objects in UTF-8',
);
const headerRefused = new TokenRefusal(
  'JWT header not accepted',
  'alg, kid as text, typ JWT and nothing else',
);

/** Checks length, syntax and header before any cryptography. */
export function parseToken(token: string): ParsedToken | TokenRefusal {
  if (token.length > tokenMaxLength)
    return new TokenRefusal('token too long', `${tokenMaxLength} characters at most`);
  if (sessionTokenPattern.test(token))
    return new TokenRefusal('session token instead of a JWT', 'a JWT, such as GET /api/auth/token gives');
  if (!compactPattern.test(token)) return malformedToken;
  const parts = token.split('.');
  if (parts.some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part))
    return malformedToken;
  try {
    const [header, payload] = parts.slice(0, 2).map(parseObject);
    if (header === undefined || payload === undefined) return malformedToken;
    const tokenHeader = parseHeader(header);
    if (tokenHeader === null) return headerRefused;
    return { header: tokenHeader, issuer: 'iss' in payload ? payload.iss : undefined };
  } catch {
    return malformedToken;
  }
}

function parseHeader(header: object): TokenHeader | null {
  if (!Object.keys(header).every((name) => allowedHeaderNames.has(name))) return null;
  const isJwt = !('typ' in header) || (typeof header.typ === 'string' && header.typ.toUpperCase() === 'JWT');
  if (!isJwt || !('alg' in header) || typeof header.alg !== 'string') return null;
  if (!('kid' in header)) return { algorithm: header.alg, keyId: null };
  return typeof header.kid === 'string' ? { algorithm: header.alg, keyId: header.kid } : null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const stringsAndNames = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * Parses a header or payload: a JSON object in UTF-8 without duplicate names (RFC 7515 §4, RFC 7519 §4). Parsers
 * differ on duplicates, and could see other claims than this one.
 * @throws SyntaxError, TypeError
 */
function parseObject(part: string): object {
  const text = utf8.decode(Buffer.from(part, 'base64url'));
  const value: unknown = JSON.parse(text);
  const names = [...text.matchAll(stringsAndNames)].filter(([, colon]) => colon !== undefined).length;
  if (typeof value !== 'object' || value === null || names !== countNames(value)) throw new SyntaxError();
  return value;
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, item) => sum + countNames(item), own);
}
