import { randomUUID } from 'node:crypto';
import type { AuthContext } from 'better-auth';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { generateExportedKeyPair, type JwtOptions } from 'better-auth/plugins';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { outsideFailureRecord } from '../db/failure-record.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';

/** Advisory lock for creating a signing key: "keys" in ASCII. */
const signingKeyLockKey = 0x6b657973;

/** How long a key signs, from its creation. */
const signingPeriod = '30 days';
/** A key is published this long before it signs, so that instances and front ends have loaded it by then. */
const publishPeriod = '1 day';
/** A key verifies this long after it stops signing: longer than a token, which expires after 7 days at most. */
const verifyPeriod = '8 days';

type SecretConfig = AuthContext['secretConfig'];

interface StoredKey {
  id: string;
  publicKey: string;
  privateKey: string;
  createdAt: Date;
  /** Not expired: may sign. */
  valid: boolean;
  /** Expires later than `publishPeriod` from now, so no successor is needed yet. */
  lasting: boolean;
  /** Younger than `publishPeriod`: verifiers may not have loaded it yet. */
  fresh: boolean;
}

/** The published keys, oldest first. Times are compared on the database's clock, which all instances share. */
async function findKeys(db: Db): Promise<StoredKey[]> {
  const { rows } = await sql<StoredKey>`
    select id, "publicKey", "privateKey", "createdAt",
      coalesce("expiresAt" > now(), true) as valid,
      coalesce("expiresAt" > now() + ${publishPeriod}::interval, false) as lasting,
      "createdAt" > now() - ${publishPeriod}::interval as fresh
    from better_auth.jwks where coalesce("expiresAt" > now() - ${verifyPeriod}::interval, true)
    order by "createdAt", id`.execute(db);
  return rows;
}

/** The newest valid key that is not fresh, or a fresh one if there is no other. */
function currentSigner(keys: readonly StoredKey[]): StoredKey | undefined {
  const valid = keys.filter((key) => key.valid);
  return valid.findLast((key) => !key.fresh) ?? valid[0];
}

/** Creates a signing key unless a lasting one exists. Of concurrent instances, one creates it. */
export async function ensureSigningKey(
  db: Db,
  betterAuth: { $context: Promise<Pick<AuthContext, 'secretConfig'>> },
): Promise<void> {
  await addMissingKey(db, (await betterAuth.$context).secretConfig);
}

/**
 * Retires keys that no current secret decrypts. Their public keys stay published like others, so that tokens they
 * signed are still accepted.
 */
async function addMissingKey(db: Db, secrets: SecretConfig): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(${signingKeyLockKey})`.execute(tx);
    await sql`
      update better_auth.jwks set "expiresAt" = greatest("createdAt" + ${signingPeriod}::interval, now() + ${publishPeriod}::interval)
      where "expiresAt" is null`.execute(tx);
    let isMissing = true;
    for (const key of (await findKeys(tx)).filter(({ valid }) => valid)) {
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
 * Better Auth's access to the keys. It publishes all keys of `getJwks` and signs with the newest, so every key but the
 * signer is given `createdAt` 1970. A read in the signer's last day creates a successor in the background.
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
    // Better Auth calls this when there is no key; `getJwks` creates one.
    createJwk: async (_key, ctx) => {
      const [key] = await getJwks(ctx);
      if (key === undefined) throw new Error('no signing key');
      return key;
    },
  };
}
