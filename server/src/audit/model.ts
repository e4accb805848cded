import { type Static, Type } from '../platform/schema.ts';
import type { AuditOrigin } from './origin.ts';

/** One audited event, without any of the user's content. */
export interface AuditEntry {
  /** The user whose data or account is affected; empty for the service's own chain. */
  userId: string;
  origin: AuditOrigin;
  /** `noun.verb`, such as `task.create`. */
  action: string;
  /** Id of the affected resource; null for the user as a whole. */
  subject?: string | null;
  outcome: 'success' | 'failure' | 'denied';
  /** How many equal events the entry counts; 1 by default. */
  count?: number;
}

const nullable = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description });

/** An entry as it is stored and sent. */
export const AuditRecord = Type.Object(
  {
    seq: Type.Integer({ minimum: 1, description: "Place in the user's chain, without gaps." }),
    at: Type.String({ format: 'date-time' }),
    actor: nullable('The user id that did it; null for a command, for upkeep, or for somebody unknown.'),
    action: Type.String({ description: '`noun.verb`, such as `task.create`.' }),
    subject: nullable('Id of the one thing it was done to; null for the user as a whole.'),
    outcome: Type.Enum(['success', 'failure', 'denied'], { type: 'string' }),
    count: Type.Integer({ minimum: 1, description: 'How many alike this entry stands for.' }),
    request_id: nullable('Null when the entry stands for several requests, or for a command.'),
    address: nullable('IP address of the caller; null when there were several, or for a command.'),
    hash: Type.String({ description: 'SHA-256, in hex, of the hash before and of this entry.' }),
  },
  {
    $id: 'AuditEntry',
    examples: [
      {
        seq: 7,
        at: '2026-11-21T08:00:00.000Z',
        actor: 'user_ada',
        action: 'task.create',
        subject: '0b9d6c1e-8f6e-4a53-bf62-3d4f0b8f7a11',
        outcome: 'success',
        count: 1,
        request_id: '6a1f0c8e-2a55-4a0e-9d0c-5a3d1b7f2c44',
        address: '203.0.113.7',
        hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      },
    ],
  },
);
export type AuditRecord = Static<typeof AuditRecord>;

export const AuditListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    cursor: Type.Optional(Type.String({ maxLength: 500, description: '`next_cursor` of the page before.' })),
  },
  { additionalProperties: false },
);
export type AuditListQuery = Static<typeof AuditListQuery>;
