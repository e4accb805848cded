import { randomUUID } from 'node:crypto';
import type { AuthContext } from 'better-auth';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import type { JwtOptions } from 'better-auth/plugins';
import { exportJWK, generateKeyPair } from 'jose';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Secrets } from '../config/auth.ts';
import { outsideFailureRecord } from '../db/failure-record.ts';
import type { Db, Tx } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import { toSecretConfig } from './secrets.ts';

/** Advisory lock for creating a signing key: "keys" in ASCII. */
const signingKeyLockKey = 0x6b657973;

/** How long a key signs, from its creation. */
const signingPeriod = '30 days';
/** A key is published this long before it signs, so that instances and front ends have loaded it by then. */
const publishPeriod = '1 day';
/** A key verifies this long after it stops signing: longer than a token, which expires after 7 days at most. */
const verifyPeriod = '8 days';

/** Better Auth's default. */
const algorithm = 'EdDSA';
const curve = 'Ed25519';

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
export async function ensureSigningKey(db: Db, secrets: Secrets): Promise<void> {
  await addMissingKey(db, toSecretConfig(secrets));
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
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { crv: curve, extractable: true });
  const encrypted = await symmetricEncrypt({
    key: secrets,
    data: JSON.stringify(await exportJWK(privateKey)),
  });
  await sql`
    insert into better_auth.jwks (id, "publicKey", "privateKey", "createdAt", "expiresAt", alg, crv)
    values (${randomUUID()}, ${JSON.stringify(await exportJWK(publicKey))}, ${JSON.stringify(encrypted)},
      now(), now() + ${signingPeriod}::interval, ${algorithm}, ${curve})`.execute(tx);
}

/** This server's keys for tokens. */
export interface SigningKeys {
  /** The published keys, oldest first, at least one, and which of them signs. */
  load(): Promise<{ keys: readonly StoredKey[]; signer: StoredKey | undefined }>;
  /** The public keys: members of a JWK set (RFC 7517 §5), as `/api/auth/jwks` has them. */
  loadPublic(): Promise<readonly unknown[]>;
}

/** A read in the signer's last day creates a successor in the background. */
export function createSigningKeys(db: Db, log: Logger, secrets: Secrets): SigningKeys {
  let adding: Promise<void> | null = null;
  const addOnce = () => {
    adding ??= ensureSigningKey(db, secrets).finally(() => {
      adding = null;
    });
    return adding;
  };

  async function load() {
    let keys = await findKeys(db);
    if (currentSigner(keys) === undefined) {
      await addOnce();
      keys = await findKeys(db);
    } else if (!keys.some(({ lasting }) => lasting)) {
      outsideFailureRecord(addOnce).catch((error) =>
        log.error({ reason: String(error) }, 'no successor of the signing key could be made'),
      );
    }
    return { keys, signer: currentSigner(keys) };
  }

  return {
    load,
    async loadPublic() {
      const { keys } = await load();
      return keys.map(({ id, publicKey }) => ({ alg: algorithm, ...JSON.parse(publicKey), kid: id }));
    },
  };
}

type KeyAdapter = Required<NonNullable<JwtOptions['adapter']>>;
type Jwk = Awaited<ReturnType<KeyAdapter['createJwk']>>;

/**
 * Better Auth's access to the keys. It publishes all keys of `getJwks` and signs with the newest, so every key but the
 * signer is given `createdAt` 1970.
 */
export function createKeyAdapter({ load }: SigningKeys): KeyAdapter {
  async function getJwks(): Promise<Jwk[]> {
    const { keys, signer } = await load();
    return keys.map(({ id, publicKey, privateKey, createdAt }) => ({
      id,
      publicKey,
      privateKey,
      createdAt: id === signer?.id ? createdAt : new Date(0),
    }));
  }

  return {
    getJwks,
    // Better Auth calls this when there is no key; `load` creates one.
    createJwk: async () => {
      const [key] = await getJwks();
      if (key === undefined) throw new Error('no signing key');
      return key;
    },
  };
}
