import { BetterAuthError } from 'better-auth';
import { symmetricEncrypt } from 'better-auth/crypto';
import { generateExportedKeyPair } from 'better-auth/plugins';
import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';
import { inTransaction } from '../db/transaction.ts';
import type { BetterAuth } from './better-auth.ts';

/** Key of the advisory lock under which the first signing key is made: "keys" in ASCII. */
const lockKey = 0x6b657973;

/**
 * Makes this server's signing key when there is none, or when the newest was encrypted with another BETTER_AUTH_SECRET:
 * the older public keys stay and verify what they signed. Instances that start together make one.
 */
export async function ensureSigningKey(db: Db, betterAuth: BetterAuth): Promise<void> {
  await inTransaction(db, async (tx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx);
    await betterAuth.api.getJwks();
    if (!(await canSign(betterAuth))) await addSigningKey(betterAuth);
  });
}

/** Whether the newest signing key can be decrypted with the secret of now. */
async function canSign(betterAuth: BetterAuth): Promise<boolean> {
  try {
    await betterAuth.api.signJWT({ body: { payload: { sub: 'trial' } } });
    return true;
  } catch (error) {
    if (error instanceof BetterAuthError) return false;
    throw error;
  }
}

/** Adds a key, which signs from now on. */
async function addSigningKey(betterAuth: BetterAuth): Promise<void> {
  const context = await betterAuth.$context;
  const { publicWebKey, privateWebKey, alg } = await generateExportedKeyPair();
  const encrypted = await symmetricEncrypt({
    key: context.secretConfig,
    data: JSON.stringify(privateWebKey),
  });
  await context.adapter.create({
    model: 'jwks',
    data: {
      alg,
      crv: publicWebKey.crv,
      publicKey: JSON.stringify(publicWebKey),
      privateKey: JSON.stringify(encrypted),
      createdAt: new Date(),
    },
  });
}
