import { type Column, column, integer, nullable, type TableOf, text } from '../db/columns.ts';
import type { Profile } from './model.ts';

/** What a user sets. The rest of a profile belongs to the account. */
export type ProfileFields = Omit<Profile, 'id' | 'email' | 'email_verified' | 'role' | 'created_at'>;

/** Each field that a user sets: its type, and what it is until then. */
export const profileColumns = {
  first_name: column(nullable(text), { setBy: 'client', default: null }),
  last_name: column(nullable(text), { setBy: 'client', default: null }),
  time_zone: column(text, { setBy: 'client', default: 'UTC' }),
  locale: column(text, { setBy: 'client', default: 'en' }),
  default_reminder_minutes: column(nullable(integer), { setBy: 'client', default: null }),
  digest_hour: column(nullable(integer), { setBy: 'client', default: null }),
} satisfies { [Name in keyof ProfileFields]: Column<ProfileFields[Name]> };

declare module '../db/schema.ts' {
  interface Database {
    'duly.profiles': TableOf<typeof profileColumns> & {
      user_id: string;
      revision: bigint;
      digest_next_at: Date | null;
      /** YYYY-MM-DD */
      digest_last_on: string | null;
    };
  }
}
