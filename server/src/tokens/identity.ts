export type Role = 'user' | 'admin';

/** The user and the token of a request, as the token alone proves them. */
export interface Identity {
  userId: string;
  /** The session of this server's token; null for a token of another issuer. */
  sessionId: string | null;
  /** `iat`, in seconds of Unix time; null without the claim. */
  issuedAt: number | null;
  /** SHA-256, in hex, of another issuer's token without its signature; null for this server's. */
  tokenHash: string | null;
  /** `exp` plus the clock tolerance, in seconds of Unix time. */
  expiresAt: number;
}

/** An accepted identity, with the role that the user has now. */
export interface Caller extends Identity {
  role: Role;
}
