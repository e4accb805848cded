import { readFile, rm } from 'node:fs/promises';
import { Failure, loggedOut } from '../failure.ts';
import { keyring } from './keyring.ts';
import { accountFile, writePrivateFile } from './paths.ts';

/** Who is logged in, and where. */
export interface Account {
  url: string;
  email: string;
  userId: string;
  /** Absent if the system's keyring has it. */
  session?: string;
}

const keyringName = ({ email, url }: Account): string => `${email} ${url}`;

function isAccount(value: unknown): value is Account {
  const fields = new Map(Object.entries(Object(value)));
  return ['url', 'email', 'userId'].every((name) => typeof fields.get(name) === 'string');
}

/** @returns null if nobody is logged in */
export async function findAccount(): Promise<Account | null> {
  const text = await readFile(accountFile(), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Failure('failed', `${accountFile()} cannot be read: ${error.message}`);
  });
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (isAccount(value)) return value;
  } catch {
    // As any other content that is no account.
  }
  throw new Failure('failed', `${accountFile()} is damaged: delete it, and log in again`);
}

/** @throws Failure if nobody is logged in */
export async function requireAccount(): Promise<Account> {
  const account = await findAccount();
  if (account === null) throw loggedOut();
  return account;
}

/** Keeps the session in the system's keyring, or else in the file. @returns whether the keyring has it */
export async function storeAccount(account: Account, session: string): Promise<boolean> {
  const isInKeyring = await keyring.store(keyringName(account), session);
  const stored = isInKeyring ? account : { ...account, session };
  await writePrivateFile(accountFile(), `${JSON.stringify(stored, null, 2)}\n`);
  return isInKeyring;
}

export async function sessionOf(account: Account): Promise<string> {
  const session = account.session ?? (await keyring.find(keyringName(account)));
  if (session === null) throw loggedOut();
  return session;
}

export async function removeAccount(account: Account): Promise<void> {
  if (account.session === undefined) await keyring.remove(keyringName(account));
  await rm(accountFile(), { force: true });
}
