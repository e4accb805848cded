/** Who made a request or ran a command, and from where. */
export interface AuditOrigin {
  /** `sub` of the request's token; null without a token. */
  actor: string | null;
  /** Null for a command, and for an entry that counts several requests. */
  requestId: string | null;
  /** The caller's IP address; null for a command, and for an entry that counts several callers. */
  address: string | null;
}

/** The origin of what the service does by itself, or an operator by a command: no user asked for it. */
export const systemOrigin: AuditOrigin = { actor: null, requestId: null, address: null };
