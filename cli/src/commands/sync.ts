import { Failure } from '../failure.ts';
import { exchange, withMirror } from '../mirror.ts';
import { print, printJson } from '../output/print.ts';
import { requireAccount } from '../session/account.ts';
import type { Arguments } from '../usage.ts';

export async function sync(args: Arguments): Promise<void> {
  const account = await requireAccount();
  const { isDone, pending } = await withMirror(account, exchange);
  if (args.flag('json')) printJson({ done: isDone, pending });
  if (!isDone) throw new Failure('network', 'Not everything was exchanged');
  if (!args.flag('json')) print('Everything is sent and fetched');
}
