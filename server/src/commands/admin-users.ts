import { isEmailAddress } from '../accounts/email-address.ts';
import { createPasswordLink, createUser, getUserDetails, listUserSessions } from '../admin/accounts.ts';
import {
  createInvitation,
  findInvitationId,
  listInvitations,
  revokeInvitation,
} from '../admin/invitations.ts';
import { findAccountId, findUser } from '../admin/queries.ts';
import { endUserSessions, listUsers } from '../admin/service.ts';
import { systemOrigin } from '../audit/origin.ts';
import type { Config } from '../config/config.ts';
import type { Db } from '../db/schema.ts';
import type { Mailer } from '../mail/mailer.ts';
import { AppError, StartError } from '../platform/errors.ts';
import type { OpenDatabase } from '../process/database.ts';
import { printFields, printLine, printRow } from './print.ts';

export type AdminSubcommand = (context: SubcommandContext, args: string[]) => Promise<void>;

export interface SubcommandContext {
  config: Config;
  db: Db;
  database: OpenDatabase;
  mailer: Mailer;
  /** The subcommand's name, for messages. */
  word: string;
}

const pageSize = 500;
const [idWidth, emailWidth, timeWidth] = [32, 32, 24];

/** @returns the address in lower case. @throws StartError for anything else. */
function emailArgument(command: string, input = ''): string {
  const email = input.trim().toLowerCase();
  if (isEmailAddress(email)) return email;
  throw new StartError(`admin ${command}: got ${JSON.stringify(input)}, wants an email address`);
}

/** @param input an email address or a user id. @returns the user id. @throws StartError for an unknown user. */
export async function userIdArgument({ db, word }: SubcommandContext, input = ''): Promise<string> {
  const found = (await findAccountId(db, input)) ?? (await findUser(db, input))?.id;
  if (input !== '' && found !== undefined) return found;
  throw new StartError(
    `admin ${word}: got ${JSON.stringify(input)}, wants the email address or the id of a user; see admin list`,
  );
}

/** Runs `work`. @throws StartError when it fails because the address has an account. */
async function refuseTakenAddress<T>(word: string, email: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'EMAIL_TAKEN') throw error;
    throw new StartError(`admin ${word}: got ${JSON.stringify(email)}, wants an address without an account`);
  }
}

const nameMaxLength = 100;

function nameArgument(word: string, input: string | undefined): string | undefined {
  const name = input?.trim();
  if (name?.startsWith('-'))
    throw new StartError(`admin ${word}: got ${JSON.stringify(name)}, wants a name; there are no options`);
  if (name === undefined || ([...name].length <= nameMaxLength && !name.includes('\0')))
    return name || undefined;
  throw new StartError(
    `admin ${word}: got a name of ${[...name].length} characters, wants at most ${nameMaxLength}`,
  );
}

export const userSubcommands = {
  async create({ config, db, word }, [input, first, last]) {
    const email = emailArgument(word, input);
    const [first_name, last_name] = [nameArgument(word, first), nameArgument(word, last)];
    const names = { ...(first_name && { first_name }), ...(last_name && { last_name }) };
    const { user, link } = await refuseTakenAddress(word, email, () =>
      createUser(config, db, systemOrigin, { email, ...names }),
    );
    printLine(
      `${email} has an account with the id ${user.id}; whoever opens this sets its password, once, until ${link.expires_at}:`,
    );
    printLine(link.url);
  },
  async list({ db }, [search]) {
    const widths = [idWidth, emailWidth, 5, timeWidth];
    printRow(widths, ['id', 'email', 'role', 'created', 'banned']);
    let after = '';
    for (;;) {
      const found = await listUsers(db, systemOrigin, {
        limit: pageSize,
        after,
        ...(search !== undefined && { search }),
      });
      const users = found.slice(0, pageSize);
      for (const user of users)
        printRow(widths, [user.id, user.email, user.role, user.created_at, user.banned_at]);
      after = users.at(-1)?.id ?? '';
      if (found.length <= pageSize) return;
    }
  },
  async show(context, [input]) {
    printFields(await getUserDetails(context.db, await userIdArgument(context, input), systemOrigin));
  },
  async 'reset-password'({ config, db, word }, [input]) {
    const email = emailArgument(word, input);
    const userId = await findAccountId(db, email);
    if (userId === null)
      throw new StartError(
        `admin ${word}: got ${JSON.stringify(email)}, wants the email address of an account`,
      );
    const link = await createPasswordLink(config, db, userId, systemOrigin);
    printLine(`whoever opens this sets the password of ${email}, once, until ${link.expires_at}:`);
    printLine(link.url);
  },
  async sessions(context, [input]) {
    const widths = [idWidth, timeWidth, timeWidth, 15];
    const sessions = await listUserSessions(context.db, await userIdArgument(context, input), systemOrigin);
    printRow(widths, ['id', 'created', 'expires', 'address', 'user_agent']);
    for (const { id, created_at, expires_at, ip_address, user_agent } of sessions)
      printRow(widths, [id, created_at, expires_at, ip_address, user_agent]);
  },
  async 'end-sessions'(context, [input]) {
    const { id, email } = await endUserSessions(
      context.db,
      await userIdArgument(context, input),
      systemOrigin,
    );
    printLine(`${email ?? id} has to log in again`);
  },
  async invite({ config, db, mailer, word }, [input]) {
    const email = emailArgument(word, input);
    const { expires_at, url } = await refuseTakenAddress(word, email, () =>
      createInvitation(config, db, mailer, systemOrigin, email),
    );
    printLine(`whoever opens this makes an account for ${email}, once, until ${expires_at}:`);
    printLine(url);
    const { registration } = config.auth;
    if (registration !== 'invite')
      process.stderr.write(
        `REGISTRATION is ${registration}: only where it is invite does an invitation count\n`,
      );
  },
  async invitations({ db }) {
    const widths = [idWidth, emailWidth, timeWidth];
    printRow(widths, ['id', 'email', 'created', 'expires']);
    let after = '';
    for (;;) {
      const found = await listInvitations(db, systemOrigin, { limit: pageSize, after });
      const invitations = found.slice(0, pageSize);
      for (const { id, email, created_at, expires_at } of invitations)
        printRow(widths, [id, email, created_at, expires_at]);
      after = invitations.at(-1)?.id ?? '';
      if (found.length <= pageSize) return;
    }
  },
  async uninvite({ db, word }, [input]) {
    const email = emailArgument(word, input);
    const id = await findInvitationId(db, email);
    if (id === null)
      throw new StartError(`admin ${word}: got ${JSON.stringify(email)}, wants an address that is invited`);
    await revokeInvitation(db, systemOrigin, id);
    printLine(`the invitation of ${email} is no longer good`);
  },
} satisfies Record<string, AdminSubcommand>;
