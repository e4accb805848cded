import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchProxy } from './proxy.ts';

const binary = '/usr/bin/caddy';

export function hasCaddy(what: string): boolean {
  const isThere = existsSync(binary);
  if (!isThere) console.warn(`skipped: ${what}, for want of ${binary}`);
  return isThere;
}

/** Caddy before a server until the end of the file. It compresses uncompressed responses. @returns its URL */
export const startCaddy = (target: string): Promise<string> =>
  launchProxy(async (directory, port) => {
    const settings = `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  encode gzip {
    minimum_length 1
  }
  reverse_proxy ${target}
}
`;
    const file = join(directory, 'Caddyfile');
    await writeFile(file, settings);
    return [binary, 'run', '--config', file, '--adapter', 'caddyfile'];
  });
