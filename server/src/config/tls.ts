import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Env, readGroup, refuseSetting, textSetting } from './values.ts';

/** Paths of PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  cert: string;
  key: string;
}

const wants = {
  TLS_CERT: "the path of a PEM file with this server's certificate and its chain",
  TLS_KEY: 'the path of a PEM file with the private key of TLS_CERT, without a passphrase',
} as const;

export function tlsSettings(env: Env): TlsFiles | null {
  const certFile = textSetting(env, 'TLS_CERT');
  const keyFile = textSetting(env, 'TLS_KEY');
  if (certFile === null && keyFile === null) return null;
  if (certFile === null) return refuseSetting('TLS_CERT', 'nothing beside a TLS_KEY', wants.TLS_CERT);
  if (keyFile === null) return refuseSetting('TLS_KEY', 'nothing beside a TLS_CERT', wants.TLS_KEY);
  const files = Object.freeze({ certFile, keyFile });
  readCertificate(files);
  return files;
}

/** Reads both files anew. @throws StartError when a file cannot be read or parsed, or the key does not match. */
export function readCertificate({ certFile, keyFile }: TlsFiles): Certificate {
  const { cert, key } = readGroup<Certificate>({
    cert: () => read('TLS_CERT', certFile),
    key: () => read('TLS_KEY', keyFile),
  });
  const { certificate, privateKey } = readGroup({
    certificate: () => parse('TLS_CERT', certFile, () => new X509Certificate(cert)),
    privateKey: () => parse('TLS_KEY', keyFile, () => createPrivateKey(key)),
  });
  if (!certificate.checkPrivateKey(privateKey)) {
    return refuseSetting(
      'TLS_KEY',
      `${JSON.stringify(keyFile)}, which is not the key of TLS_CERT`,
      wants.TLS_KEY,
    );
  }
  parse('TLS_CERT', certFile, () => createSecureContext({ cert, key }));
  return { cert, key };
}

function read(name: keyof typeof wants, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    return refuseSetting(name, `${JSON.stringify(file)} (${reason})`, wants[name]);
  }
}

function parse<T>(name: keyof typeof wants, file: string, parser: () => T): T {
  try {
    return parser();
  } catch {
    return refuseSetting(name, `${JSON.stringify(file)}, which cannot be used`, wants[name]);
  }
}
