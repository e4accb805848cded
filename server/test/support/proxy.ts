import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterFile } from './clean-up.ts';
import { freePort, responseStatus, temporaryDirectory, waitUntil } from './process.ts';

/** Starts a proxy on a free port, with a directory of its own, until the end of the file. @returns its URL */
export async function launchProxy(
  commandFor: (directory: string, port: number) => Promise<string[]>,
): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  const port = await freePort();
  const [binary = '', ...args] = await commandFor(path, port);
  const child = spawn(binary, args, { cwd: path, env: { HOME: path }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exit = once(child, 'exit');
  afterFile.push(async () => {
    child.kill('SIGTERM');
    await exit;
    await remove();
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(async () => {
    if (child.exitCode !== null) throw new Error(said);
    return (await responseStatus(`${url}/health/live`)) === 200;
  });
  return url;
}
