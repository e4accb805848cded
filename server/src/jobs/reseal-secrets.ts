import { resealChannels } from '../channels/reseal.ts';
import { runUserBatches } from '../db/user-batches.ts';
import { resealPushKeys } from '../senders/push-keys.ts';
import type { Job } from './runner.ts';

/**
 * While BETTER_AUTH_SECRET is a list, encrypts what is stored with the newest secret, so that older ones can go from
 * the list. Without a list there is nothing to do.
 */
export const resealSecrets: Job = {
  name: 'encrypt secrets anew',
  async run({ db, config }, stop) {
    const { secrets } = config.auth;
    if (secrets.length === 1) return 0;
    const keys = await resealPushKeys(db, secrets);
    return keys + (await runUserBatches(db, stop, resealChannels(secrets)));
  },
};
