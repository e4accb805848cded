import { open, readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Failure, sessionEnded } from '../failure.ts';
import { exchange, withMirror } from '../mirror.ts';
import { print, printJson } from '../output/print.ts';
import { fieldsOf } from '../output/table.ts';
import { safe } from '../output/terminal.ts';
import { accessToken, request } from '../session/access-token.ts';
import { type Account, requireAccount } from '../session/account.ts';
import type { Arguments } from '../usage.ts';

/** A request below the user that answers with success. @throws Failure */
async function requestUser(account: Account, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${await accessToken(account)}` };
  const response = await request(account.url, `/api/v1/users/me${path}`, { ...init, headers });
  if (response.ok) return response;
  if (response.status === 401) throw sessionEnded();
  const { detail, errors } = Object(await response.json().catch(() => null));
  const issues = Array.isArray(errors) ? errors.map(({ loc, msg }) => `; ${loc.at(-1)} ${msg}`) : [];
  throw new Failure('failed', `${detail ?? `HTTP status ${response.status}`}${issues.join('')}`);
}

const unreadable = (path: string, error: unknown): Failure =>
  new Failure('failed', `${path}: ${error instanceof Error ? error.message : error}`);

async function readInput(path: string): Promise<Buffer> {
  if (path === '-') return buffer(process.stdin);
  return readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

/** What the server says of one line of the file. */
const lineOf = (line: unknown): string => {
  const { kind, place, title = '', reason = '' } = Object(line);
  return safe([kind, place, title, reason].filter((part) => part !== '').join('  '));
};

export async function importFile(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const [path = ''] = args.words;
  const format = args.text('format');
  const query = new URLSearchParams({
    ...(format !== undefined && { format }),
    ...(path !== '-' && { file_name: basename(path) }),
    dry_run: String(args.flag('dry-run')),
  });
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(await readInput(path)),
  };
  const response = await requestUser(account, `/import?${query}`, init);
  const { data } = Object(await response.json());
  if (args.flag('json')) printJson(data);
  else {
    const { lines = [], lines_left_out: leftOut, ...counts } = Object(data);
    for (const line of Array.isArray(lines) ? lines : []) print(lineOf(line));
    if (Number(leftOut) > 0) print(`and ${leftOut} more lines`);
    const fields = Object.entries(counts).map(([name, value]): [string, string] => [
      name.replaceAll('_', ' '),
      safe(String(value)),
    ]);
    for (const line of fieldsOf(fields)) print(line);
  }
  if (!args.flag('dry-run')) await withMirror(account, exchange);
}

export async function exportFile(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const path = args.text('output');
  const query = new URLSearchParams({ format: args.text('format') ?? 'json' });
  const { body } = await requestUser(account, `/export?${query}`, {});
  const source = Readable.fromWeb(Object(body));
  if (path === undefined) return pipeline(source, process.stdout, { end: false });
  // It has everything of the user, so nobody else may read it.
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    await pipeline(source, file.createWriteStream({ flush: true }));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
