import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { type MetricFamily, maxGauge } from './text-format.ts';

/** None without TLS_CERT. The file is read at each scrape, as it is replaced while the server runs. */
export function certificateMetrics({ http: { tls } }: Pick<Config, 'http'>): MetricFamily[] {
  if (tls === null) return [];
  return [
    maxGauge(
      'duly_tls_certificate_expiry_timestamp_seconds',
      'When the certificate of TLS_CERT expires, in Unix time; 0: it cannot be read.',
      expiryOf(tls.certFile),
    ),
  ];
}

function expiryOf(file: string): number {
  try {
    return Date.parse(new X509Certificate(readFileSync(file)).validTo) / 1_000;
  } catch {
    return 0;
  }
}
