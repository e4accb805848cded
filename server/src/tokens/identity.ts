export type Role = 'user' | 'admin';

/** Who a request speaks for. */
export interface Identity {
  userId: string;
  /** The session behind a token of this server; null for tokens minted elsewhere. */
  sessionId: string | null;
  /** `iat`, in seconds; null when the token does not say. */
  issuedAt: number | null;
  /** SHA-256, in hex, of what the signature of a token minted elsewhere covers; null for this server's. */
  tokenHash: string | null;
  /** When it is accepted no more, in seconds: `exp` and what clocks may differ. */
  expiresAt: number;
}

/** Who a request speaks for, and what they are now. */
export interface Caller extends Identity {
  role: Role;
}
