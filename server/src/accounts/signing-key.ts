import { randomUUID } from 'node:crypto';
import type { AuthContext } from 'better-auth';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { generateExportedKeyPair, type JwtOptions } from 'better-auth/plugins';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { outsideFailureRecord } from '../db/failure-record.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';

/** Key of the advisory lock under which signing keys are made: "keys" in ASCII. */
const signingKeyLockKey = 0x6b657973;

/** How long a key signs. */
const signingPeriod = '30 days';
/** A key is published this long before it signs, so that every instance and front end knows it by then. */
const publishPeriod = '1 day';
/** How long a key verifies after it signed its last: longer than any token lives, which is as long as a session. */
const verifyPeriod = '8 days';

type SecretConfig = AuthContext['secretConfig'];

interface StoredKey {
  id: string;
  publicKey: string;
  privateKey: string;
  createdAt: Date;
  /** May sign. */
  live: boolean;
  /** Will be live for longer than a successor needs. */
  lasting: boolean;
  /** Not published for long enough yet. */
  fresh: boolean;
}

/** The published keys, oldest first; by the database's clock, which all instances share. */
async function findKeys(db: Db): Promise<StoredKey[]> {
  const { rows } = await sql<StoredKey>`
    select id, "publicKey", "privateKey", "createdAt",
      coalesce("expiresAt" > now(), true) as live,
      coalesce("expiresAt" > now() + ${publishPeriod}::interval, false) as lasting,
      "createdAt" > now() - ${publishPeriod}::interval as fresh
    from better_auth.jwks where coalesce("expiresAt" > now() - ${verifyPeriod}::interval, true)
    order by "createdAt", id`.execute(db);
  return rows;
}

/** A fresh key signs only where there is no other. */
function currentSigner(keys: readonly StoredKey[]): StoredKey | undefined {
  const live = keys.filter((key) => key.live);
  return live.findLast((key) => !key.fresh) ?? live[0];
}

/** Makes this server's signing key when there is none that lasts. Instances that race make one. */
export async function ensureSigningKey(
  db: Db,
  betterAuth: { $context: Promise<Pick<AuthContext, 'secretConfig'>> },
): Promise<void> {
  await addMissingKey(db, (await betterAuth.$context).secretConfig);
}

/**
 * A key that was encrypted with a secret that is not there any more signs no longer, but what it signed is good: its
 * public half stays for as long as that of any other.
 */
async function addMissingKey(db: Db, secrets: SecretConfig): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(${signingKeyLockKey})`.execute(tx);
    await sql`
      update better_auth.jwks set "expiresAt" = greatest("createdAt" + ${signingPeriod}::interval, now() + ${publishPeriod}::interval)
      where "expiresAt" is null`.execute(tx);
    let isMissing = true;
    for (const key of (await findKeys(tx)).filter(({ live }) => live)) {
      if (!(await canDecrypt(key, secrets))) await retireKey(tx, key.id);
      else if (key.lasting) isMissing = false;
    }
    if (isMissing) await insertKey(tx, secrets);
    await sql`delete from better_auth.jwks where "expiresAt" < now() - ${verifyPeriod}::interval`.execute(tx);
  });
}

async function canDecrypt({ privateKey }: StoredKey, secrets: SecretConfig): Promise<boolean> {
  try {
    await symmetricDecrypt({ key: secrets, data: JSON.parse(privateKey) });
    return true;
  } catch {
    return false;
  }
}

async function retireKey(tx: Tx, id: string): Promise<void> {
  await sql`update better_auth.jwks set "expiresAt" = now() where id = ${id}`.execute(tx);
}

async function insertKey(tx: Tx, secrets: SecretConfig): Promise<void> {
  const { publicWebKey, privateWebKey, alg } = await generateExportedKeyPair();
  const encrypted = await symmetricEncrypt({ key: secrets, data: JSON.stringify(privateWebKey) });
  await sql`
    insert into better_auth.jwks (id, "publicKey", "privateKey", "createdAt", "expiresAt", alg, crv)
    values (${randomUUID()}, ${JSON.stringify(publicWebKey)}, ${JSON.stringify(encrypted)},
      now(), now() + ${signingPeriod}::interval, ${alg}, ${publicWebKey.crv})`.execute(tx);
}

type KeyAdapter = Required<NonNullable<JwtOptions['adapter']>>;
type Jwk = Awaited<ReturnType<KeyAdapter['createJwk']>>;

/**
 * The keys as Better Auth is to see them. It publishes whatever it is given and signs with the newest, so what may not
 * sign is given as old. Whoever reads them when the signer's time is nearly over has a successor made.
 */
export function createKeyAdapter(db: Db, log: Logger): KeyAdapter {
  let adding: Promise<void> | null = null;
  const addOnce = (secrets: SecretConfig) => {
    adding ??= addMissingKey(db, secrets).finally(() => {
      adding = null;
    });
    return adding;
  };

  async function getJwks({ context }: { context: { secretConfig: SecretConfig } }): Promise<Jwk[]> {
    let keys = await findKeys(db);
    if (currentSigner(keys) === undefined) {
      await addOnce(context.secretConfig);
      keys = await findKeys(db);
    } else if (!keys.some(({ lasting }) => lasting)) {
      outsideFailureRecord(() => addOnce(context.secretConfig)).catch((error) =>
        log.error({ reason: String(error) }, 'no successor of the signing key could be made'),
      );
    }
    const signer = currentSigner(keys);
    return keys.map(({ id, publicKey, privateKey, createdAt }) => ({
      id,
      publicKey,
      privateKey,
      createdAt: id === signer?.id ? createdAt : new Date(0),
    }));
  }

  return {
    getJwks,
    // Asked for when there is none at all, which `getJwks` sees to.
    createJwk: async (_key, ctx) => {
      const [key] = await getJwks(ctx);
      if (key === undefined) throw new Error('no signing key');
      return key;
    },
  };
}
