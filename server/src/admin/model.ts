import { email, firstName, lastName } from '../accounts/model.ts';
import { type Static, Type } from '../platform/schema.ts';
import { anyUserId } from '../writes/user-path.ts';

const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema, type: ['string', 'null'] });

const userFields = {
  id: Type.String(),
  email: nullable<string>({ description: 'null for a user id of another issuer.' }),
  first_name: nullable<string>({}),
  last_name: nullable<string>({}),
  role: Type.Enum(['user', 'admin'], { type: 'string' }),
  banned_at: nullable<string>({ format: 'date-time' }),
  ban_reason: nullable<string>({}),
  created_at: Type.String({ format: 'date-time' }),
};

/** An account of this server, or a user of another issuer who has data here. */
export const AdminUser = Type.Object(userFields, { $id: 'AdminUser' });
export type AdminUser = Static<typeof AdminUser>;

const userStats = {
  email_verified: Type.Boolean({ description: 'Whether the address was confirmed.' }),
  two_factor: Type.Boolean({ description: 'Whether log-ins want a second factor.' }),
  tasks: Type.Integer({ description: 'Without those in the trash.' }),
  trashed_tasks: Type.Integer(),
  sessions: Type.Integer({ description: 'Sessions that live.' }),
  last_login_at: nullable<string>({
    format: 'date-time',
    description: 'By the audit log; null for never, and for a user of another issuer.',
  }),
};
const AdminUserStats = Type.Object(userStats);
export type AdminUserStats = Static<typeof AdminUserStats>;

export const AdminUserDetails = Type.Object({ ...userFields, ...userStats }, { $id: 'AdminUserDetails' });
export type AdminUserDetails = Static<typeof AdminUserDetails>;

export const NewUser = Type.Object(
  {
    email,
    first_name: Type.Optional({ ...firstName, description: 'Without one, the address up to its @.' }),
    last_name: Type.Optional(lastName),
  },
  {
    $id: 'NewUser',
    additionalProperties: false,
    examples: [{ email: 'grace@example.com', first_name: 'Grace', last_name: 'Hopper' }],
  },
);
export type NewUser = Static<typeof NewUser>;

/** Only a hash is stored, so the URL is available in this response alone. */
export const OneTimeLink = Type.Object(
  {
    url: Type.String({ description: 'Opens the page for a new password; good once.' }),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'OneTimeLink' },
);
export type OneTimeLink = Static<typeof OneTimeLink>;

const invitationFields = {
  id: Type.String(),
  email: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  expires_at: Type.String({ format: 'date-time' }),
};

export const Invitation = Type.Object(invitationFields, { $id: 'Invitation' });
export type Invitation = Static<typeof Invitation>;

/** The response to the creation. Only a hash of the token is stored. */
export const NewInvitation = Type.Object(
  {
    ...invitationFields,
    token: Type.String({ description: '`invitation` of a registration.' }),
    url: Type.String({ description: "This server's page that registers with it." }),
  },
  { $id: 'NewInvitation' },
);
export type NewInvitation = Static<typeof NewInvitation>;

export const InvitationRequest = Type.Object(
  { email },
  { $id: 'InvitationRequest', additionalProperties: false, examples: [{ email: 'grace@example.com' }] },
);

export const InvitationPath = Type.Object({
  invitation_id: Type.String({ minLength: 1, maxLength: 64, description: "The invitation's `id`." }),
});

export const InvitationListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    after: Type.Optional(Type.String({ maxLength: 64, description: '`next_after` of the page before.' })),
  },
  { additionalProperties: false },
);
export type InvitationListQuery = Static<typeof InvitationListQuery>;

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
