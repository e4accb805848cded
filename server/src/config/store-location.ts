import { isAbsolute, resolve } from 'node:path';
import {
  type Env,
  isHttp,
  isLoopback,
  parseUrl,
  readGroup,
  redacted,
  refuseSetting,
  textSetting,
} from './values.ts';

export interface DirectoryLocation {
  readonly kind: 'directory';
  /** Absolute. */
  readonly path: string;
}

export interface BucketLocation {
  readonly kind: 'bucket';
  /** `https://HOST/BUCKET/PREFIX`; the prefix is optional. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Where a store keeps its content. */
export type StoreLocation = DirectoryLocation | BucketLocation;

/**
 * Where backups are kept.
 * @returns null if no setting names one
 */
export function backupLocation(env: Env): StoreLocation | null {
  const directory = textSetting(env, 'BACKUP_DIRECTORY');
  const url = textSetting(env, 'BACKUP_S3_URL');
  const value = directory ?? url;
  if (value === null) return null;
  const name = directory === null ? 'BACKUP_S3_URL' : 'BACKUP_DIRECTORY';
  if (textSetting(env, 'DATABASE_URL') !== null)
    return refuseSetting(
      name,
      redacted(value),
      'no DATABASE_URL beside it: an external database has backups of its own',
    );
  if (directory === null) return bucket(env, value);
  if (url !== null) return refuseSetting('BACKUP_S3_URL', redacted(url), 'no BACKUP_DIRECTORY beside it');
  // A relative path would lead elsewhere when a command runs in another directory: WAL would be split over two places.
  if (isAbsolute(value)) return { kind: 'directory', path: resolve(value) };
  return refuseSetting(name, JSON.stringify(value), 'an absolute path');
}

/** Characters that no store and no encoding of URLs changes. */
const bucketPath = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)+$/;

function bucket(env: Env, value: string): BucketLocation {
  const url = parseUrl(value);
  const path = url?.pathname.replace(/\/$/, '') ?? '';
  const isPlain = url !== null && `${url.origin}${url.pathname}` === url.href && bucketPath.test(path);
  if (!isPlain || !isHttp(url))
    return refuseSetting(
      'BACKUP_S3_URL',
      redacted(value),
      'https://HOST/BUCKET, or https://HOST/BUCKET/PREFIX with letters, digits, dots, hyphens and underscores',
    );
  if (url.protocol === 'http:' && !isLoopback(url))
    return refuseSetting('BACKUP_S3_URL', redacted(value), 'https, or http to this machine');
  return readGroup<BucketLocation>({
    kind: () => 'bucket',
    url: () => `${url.origin}${path}`,
    region: () => region(env),
    accessKeyId: () => credential(env, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: () => credential(env, 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: () =>
      textSetting(env, 'AWS_SESSION_TOKEN') === null ? null : credential(env, 'AWS_SESSION_TOKEN'),
  });
}

/** A key is part of a header, which takes no other characters. */
function credential(env: Env, name: string): string {
  const value = textSetting(env, name);
  if (value !== null && /^[\x21-\x7e]+$/.test(value)) return value;
  return refuseSetting(
    name,
    value === null ? 'nothing' : 'something else',
    'a key of the store that BACKUP_S3_URL names',
  );
}

function region(env: Env): string {
  const value = textSetting(env, 'AWS_REGION') ?? 'us-east-1';
  if (/^[a-z0-9-]{1,64}$/.test(value)) return value;
  return refuseSetting('AWS_REGION', JSON.stringify(value), 'the name of a region such as eu-central-1');
}
