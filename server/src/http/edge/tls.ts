import { type Stats, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import type { TlsOptions } from 'node:tls';
import type { Logger } from 'pino';
import { readCertificate, type TlsFiles } from '../../config/tls.ts';

const pollMs = 1_000;

export const tlsOptions = (files: TlsFiles): TlsOptions => ({
  ...readCertificate(files),
  minVersion: 'TLSv1.2',
  handshakeTimeout: 5_000,
});

/**
 * Loads the certificate again after its files change; open connections are not affected. It polls, because file system
 * events miss replaced symbolic links (certbot, Kubernetes) and changes on network mounts.
 */
export function watchCertificate(server: Server, files: TlsFiles, log: Logger): void {
  const reload = (now: Stats, before: Stats) => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino) return;
    try {
      server.setSecureContext(tlsOptions(files));
      log.info('the new TLS certificate is in use');
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      log.warn({ reason }, 'the new TLS certificate cannot be used; the one before stays');
    }
  };
  const paths = [files.certFile, files.keyFile];
  for (const path of paths) watchFile(path, { interval: pollMs, persistent: false }, reload);
  server.once('close', () => {
    for (const path of paths) unwatchFile(path, reload);
  });
}
