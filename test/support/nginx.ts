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

/**
 * nginx in front of a server, until the end of the file: it buffers answers, as by default, and compresses events and JSON.
 * @param passes whether the server hears what the client accepts; if not, nginx alone compresses.
 * @returns its URL.
 */
export const startNginx = (target: string, passes: boolean): Promise<string> =>
  launchProxy(async (directory, port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    // Without a user of its own, so that it may write there.
    const settings = `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${directory}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  gzip on;
  gzip_min_length 1;
  gzip_types text/event-stream application/json;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${target};
      ${passes ? '' : 'proxy_set_header Accept-Encoding "";'}
    }
  }
}
`;
    const file = join(directory, 'nginx.conf');
    await writeFile(file, settings);
    return [binary, '-p', directory, '-c', file, '-e', 'stderr'];
  });
