import type { Refusal } from '../../../client/src/offline/index.ts';
import { Failure } from '../failure.ts';
import { exchange, withMirror } from '../mirror.ts';
import { print, printJson } from '../output/print.ts';
import { requireAccount } from '../session/account.ts';
import type { Arguments } from '../usage.ts';

/** The error with the names that the API has. */
const refusalJson = ({ error, ...write }: Refusal) => ({
  ...write,
  error: {
    error_code: error.code,
    status_code: error.status,
    detail: error.detail,
    errors: error.issues,
  },
});

export async function sync(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const { isDone, pending, conflicts, refused } = await withMirror(account, async (mirror) => ({
    ...(await exchange(mirror)),
    conflicts: mirror.conflicts,
    refused: mirror.refused,
  }));
  if (args.flag('json')) printJson({ done: isDone, pending, conflicts, refused: refused.map(refusalJson) });
  if (!isDone) throw new Failure('network', 'Not everything was exchanged');
  if (!args.flag('json')) print('Everything is sent and fetched');
}
