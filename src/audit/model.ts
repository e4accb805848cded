/** Who asks for something, and from where. */
export interface Origin {
  /** The user id that the request's token speaks for; null when there is none. */
  actor: string | null;
  /** Null for a command. */
  requestId: string | null;
  /** IP address of the caller; null for a command. */
  address: string | null;
}

/** What happened, without any content of the user's. */
export interface AuditEntry {
  /** Whose data or account it is about; empty for none. */
  userId: string;
  origin: Origin;
  /** `noun.verb`, such as `task.create`. */
  action: string;
  /** Id of the one thing it was done to; null for the user as a whole. */
  subject?: string | null;
  outcome: 'success' | 'failure' | 'denied';
  /** How many alike this entry stands for. */
  count?: number;
}
