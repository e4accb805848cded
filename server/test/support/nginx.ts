import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchProxy } from './proxy.ts';

const binary = '/usr/sbin/nginx';

export function hasNginx(what: string): boolean {
  const isThere = existsSync(binary);
  if (!isThere) console.warn(`skipped: ${what}, for want of ${binary}`);
  return isThere;
}

/** nginx with these settings of `http`, until the end of the file. @returns its URL */
const startNginx = (settings: (port: number) => string): Promise<string> =>
  launchProxy(async (directory, port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const file = join(directory, 'nginx.conf');
    // The configuration names no other user, so that nginx may write to the directory.
    const lines = [
      'daemon off;',
      process.getuid?.() === 0 ? 'user root;' : '',
      `pid ${directory}/nginx.pid;`,
      'events {}',
      'http {',
      'access_log off;',
      ...temporary.map((name) => `${name}_temp_path ${directory}/${name};`),
      settings(port),
      '}',
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return [binary, '-p', directory, '-c', file, '-e', 'stderr'];
  });

/**
 * nginx that buffers responses, as by default, and compresses events and JSON.
 * @param passes whether it forwards Accept-Encoding; if not, only nginx compresses
 */
export const startCompressingNginx = (target: string, passes: boolean): Promise<string> =>
  startNginx(
    (port) => `
  gzip on;
  gzip_min_length 1;
  gzip_types text/event-stream application/json;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${target};
      ${passes ? '' : 'proxy_set_header Accept-Encoding "";'}
    }
  }`,
  );

/** nginx that keeps its connections to the server for 60 s, and does not retry when one breaks. */
export const startKeepAliveNginx = (target: string): Promise<string> =>
  startNginx(
    (port) => `
  upstream duly {
    server ${new URL(target).host};
    keepalive 64;
    keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://duly;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream off;
    }
  }`,
  );
