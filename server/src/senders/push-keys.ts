import { generateKeyPairSync } from 'node:crypto';
import { sql } from 'kysely';
import type { Secrets } from '../config/auth.ts';
import type { Db } from '../db/schema.ts';
import { openText, sealPrefixOf, sealText } from '../platform/sealed-text.ts';

/** The VAPID key pair of the service (RFC 8292), in base64url: an uncompressed P-256 point, and the private number. */
export interface PushKeys {
  publicKey: string;
  /** Null when no secret of the service decrypts it. */
  privateKey: string | null;
}

export type GetPushKeys = () => Promise<PushKeys>;

const sealContext = 'duly.push_keys.private_key';

/**
 * The key pair is made at first use and stored once. Subscriptions of browsers are bound to it, so it is never
 * replaced.
 */
export function createPushKeys(db: Db, secrets: Secrets): GetPushKeys {
  let known: Promise<PushKeys> | null = null;
  return () => {
    known ??= findOrCreateKeys(db, secrets).catch((error) => {
      known = null;
      throw error;
    });
    return known;
  };
}

interface KeyRow {
  public_key: string;
  private_key: string;
}

async function findOrCreateKeys(db: Db, secrets: Secrets): Promise<PushKeys> {
  const row = (await findKeys(db)) ?? (await createKeys(db, secrets));
  return { publicKey: row.public_key, privateKey: openText(secrets, sealContext, row.private_key) };
}

async function findKeys(db: Db): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`select public_key, private_key from duly.push_keys`.execute(db);
  return rows[0];
}

/** Seals the private key with the newest secret. @returns how many keys were sealed with an older one */
export async function resealPushKeys(db: Db, secrets: Secrets): Promise<number> {
  const sealed = (await findKeys(db))?.private_key;
  if (sealed === undefined || sealed.startsWith(sealPrefixOf(secrets))) return 0;
  const opened = openText(secrets, sealContext, sealed);
  if (opened === null) return 0;
  const resealed = sealText(secrets, sealContext, opened);
  await sql`update duly.push_keys set private_key = ${resealed} where private_key = ${sealed}`.execute(db);
  return 1;
}

/** Of instances that do this at once, the pair of one is stored, and all read that one. */
async function createKeys(db: Db, secrets: Secrets): Promise<KeyRow> {
  const {
    x = '',
    y = '',
    d = '',
  } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'jwk',
  });
  const [pointX, pointY] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  const publicKey = Buffer.concat([Buffer.from([4]), pointX, pointY]).toString('base64url');
  const privateKey = sealText(secrets, sealContext, d);
  await sql`
    insert into duly.push_keys (public_key, private_key, created_at)
    values (${publicKey}, ${privateKey}, statement_timestamp()) on conflict do nothing`.execute(db);
  const row = await findKeys(db);
  if (row === undefined) throw new Error('the push keys that were just stored are gone');
  return row;
}
