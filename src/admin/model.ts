import { type Static, Type } from 'typebox';
import { anyUserId } from '../owners/model.ts';

const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema, type: ['string', 'null'] });

/** A user as an admin sees it: an account of this server's, or a user id that another issuer's tokens brought. */
export const AdminUser = Type.Object(
  {
    id: Type.String(),
    email: nullable<string>({ description: 'null for a user id of another issuer.' }),
    first_name: nullable<string>({}),
    last_name: nullable<string>({}),
    role: Type.Enum(['user', 'admin'], { type: 'string' }),
    banned_at: nullable<string>({ format: 'date-time' }),
    ban_reason: nullable<string>({}),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'AdminUser' },
);
export type AdminUser = Static<typeof AdminUser>;

export const AdminUserPath = Type.Object({ user_id: anyUserId });

export const AdminUserListQuery = Type.Object(
  {
    search: Type.Optional(
      Type.String({ maxLength: 200, description: 'Part of an email address, or a whole user id.' }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    after: Type.Optional(
      Type.String({ maxLength: 255, description: '`next_after` of the page before: a user id.' }),
    ),
  },
  { additionalProperties: false },
);
export type AdminUserListQuery = Static<typeof AdminUserListQuery>;

export const Ban = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 500, description: 'For other admins.' })) },
  { $id: 'Ban', additionalProperties: false, examples: [{ reason: 'Sends spam' }] },
);

export const RoleChange = Type.Object(
  { role: Type.Enum(['user', 'admin'], { type: 'string' }) },
  { $id: 'RoleChange', additionalProperties: false, examples: [{ role: 'admin' }] },
);
