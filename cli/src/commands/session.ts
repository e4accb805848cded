import { rm } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import { exchange, waiting, withMirror } from '../mirror.ts';
import { note, print } from '../output/print.ts';
import { accessToken, request } from '../session/access-token.ts';
import {
  type Account,
  findAccount,
  removeAccount,
  requireAccount,
  storeAccount,
} from '../session/account.ts';
import { accountFile, dataDirectory } from '../session/paths.ts';
import { openPrompts } from '../session/prompt.ts';
import { signIn } from '../session/sign-in.ts';
import type { Arguments } from '../usage.ts';

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The origin of a server. @throws Failure */
function readUrl(text: string, isInsecure: boolean): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Failure('usage', `"${text}" is no URL such as https://duly.example.com`);
  const { origin, protocol, hostname, pathname } = new URL(text);
  if (protocol === 'http:' && !loopback.test(hostname) && !isInsecure)
    throw new Failure(
      'usage',
      `Anybody on the way to ${origin} could read the password: use https, or --insecure`,
    );
  return origin + pathname.replace(/\/+$/, '');
}

export async function login(args: Arguments): Promise<void> {
  const before = await findAccount();
  const url = readUrl(args.words[0] ?? before?.url ?? 'http://localhost:8000', args.flag('insecure'));
  const prompts = openPrompts();
  try {
    const email = args.text('email') ?? (await prompts.ask(`Email address on ${url}: `));
    const isOther = before !== null && (before.url !== url || before.email !== email);
    if (isOther)
      throw new Failure('failed', `You are logged in as ${before.email} on ${before.url}: duly logout first`);
    const password = await prompts.askSecret('Password: ');
    const credentials = { url, email, password };
    const { session, userId } = await signIn(credentials, () => prompts.ask('Code of the second factor: '));
    const account = { url, email, userId };
    const isInKeyring = await storeAccount(account, session);
    print(`Logged in as ${email}`);
    if (!isInKeyring) note(`The session is in ${accountFile()}: this system has no keyring that takes it`);
    await withMirror({ ...account, session }, exchange);
  } finally {
    prompts.close();
  }
}

export async function logout(args: Arguments): Promise<void> {
  const account = await requireAccount();
  await withMirror(account, async (mirror) => {
    const { offline } = mirror;
    if (offline.pending() > 0) await exchange(mirror).catch(() => undefined);
    if (offline.pending() > 0 && !args.flag('force'))
      throw new Failure('failed', `Not logged out:${waiting(offline.pending())}; --force drops what waits`);
    await offline.signOut();
  });
  await endSession(account);
  await removeAccount(account);
  await rm(dataDirectory(account), { recursive: true, force: true });
  print(`Logged out of ${account.url}`);
}

/** Without a network, the session ends by itself later. */
async function endSession(account: Account): Promise<void> {
  try {
    const headers = { authorization: `Bearer ${await accessToken(account)}` };
    const response = await request(account.url, '/api/v1/auth/logout', { method: 'POST', headers });
    await response.arrayBuffer();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.exitCode !== 3) note(`${account.url} cannot be told: the session ends there by itself`);
  }
}

export async function token(): Promise<void> {
  print(await accessToken(await requireAccount()));
}
