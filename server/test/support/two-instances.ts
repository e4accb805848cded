import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secret, withoutLimits } from './app.ts';
import { afterFile } from './clean-up.ts';
import { createDatabase, type TestDatabase, urlOf } from './database.ts';
import { startHaproxy } from './haproxy.ts';
import { compileCache, freePort, responseStatus, temporaryDirectory, waitUntil } from './process.ts';
import { makeRelease, type Patch } from './releases.ts';
import { root } from './sources.ts';

export type Colour = 'blue' | 'green';

export interface TwoInstances {
  /** Of HAProxy. */
  url: string;
  database: TestDatabase;
  urlOf(colour: Colour): string;
  pid(colour: Colour): Promise<number>;
  /** The functions of the settings, without a script. */
  call(name: 'start' | 'stop', colour: Colour): Promise<void>;
  /** Gives an instance another release for its next start. */
  install(colour: Colour, migrationCount: number, patches?: Patch[]): Promise<void>;
  /** Runs a script of `deploy/haproxy`. @param onLine gets each line when it is printed */
  run(script: string, onLine?: (line: string) => void): Promise<{ code: number; output: string }>;
}

/** Functions as an operator writes them, with processes in the place of units. */
const settingsText = (directory: string, ports: Record<Colour, number>, env: Record<string, string>) => `
SOCKET=${directory}/socket BACKEND=duly SERVERS="blue green"
READY_SECONDS=60 SHARES="10 100" WATCH_SECONDS=2
url() { case $1 in blue) echo http://127.0.0.1:${ports.blue} ;; green) echo http://127.0.0.1:${ports.green} ;; esac; }
duly() {
  exec env -i PATH="$PATH" HOME="$HOME" ${Object.entries(env)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ')} DATA_DIR=${directory}/data-$1 PORT="$(url $1 | sed 's/.*://')" \\
    ${process.execPath} "$(readlink ${directory}/$1)/server/src/main.ts" "\${@:2}"
}
start() { duly $1 serve >>${directory}/$1.log 2>&1 </dev/null & echo $! >${directory}/$1.pid; }
stop() {
  local pid=$(cat ${directory}/$1.pid)
  kill -TERM $pid 2>/dev/null
  while kill -0 $pid 2>/dev/null && ! grep -q '^State:.Z' /proc/$pid/status; do sleep 0.05; done
}
migrate() { (duly $1 migrate $2); }
`;

/** Two instances of this code behind HAProxy, on one database, until the end of the file. */
export async function startTwoInstances(): Promise<TwoInstances> {
  const { path: directory, remove } = await temporaryDirectory();
  const database = await createDatabase();
  afterFile.push(async () => {
    await database.drop();
    await remove();
  });
  const ports = { blue: await freePort(), green: await freePort() };
  const env = {
    ...{ DATABASE_URL: urlOf(database.connection), BETTER_AUTH_SECRET: secret, LOG_LEVEL: 'warn' },
    ...{ TRUSTED_PROXIES: '127.0.0.1', NODE_COMPILE_CACHE: compileCache, ...withoutLimits },
  };
  const settings = join(directory, 'settings.sh');
  await writeFile(settings, settingsText(directory, ports, env));
  const call = async (name: string, colour: Colour) => {
    execFileSync('bash', ['-c', `. ${settings}; ${name} ${colour}`], { stdio: 'ignore' });
  };
  let releases = 0;
  const urlOfColour = (colour: Colour) => `http://127.0.0.1:${ports[colour]}`;
  for (const colour of ['blue', 'green'] as const) {
    await symlink(root, join(directory, colour));
    await call('start', colour);
    afterFile.push(() => call('stop', colour));
  }
  for (const colour of ['blue', 'green'] as const)
    await waitUntil(async () => (await responseStatus(`${urlOfColour(colour)}/health/ready`)) === 200);
  return {
    database,
    call,
    url: await startHaproxy(join(directory, 'socket'), ports.blue, ports.green),
    urlOf: urlOfColour,
    pid: async (colour) => Number(await readFile(join(directory, `${colour}.pid`), 'utf8')),
    async install(colour, migrationCount, patches) {
      releases += 1;
      const release = join(directory, `release-${releases}`);
      await mkdir(release, { recursive: true });
      await makeRelease(release, migrationCount, patches);
      execFileSync('ln', ['-sfn', release, join(directory, colour)]);
    },
    async run(script, onLine = () => undefined) {
      const child = spawn(join(root, 'deploy/haproxy', script), [settings], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        for (const line of text.split('\n')) onLine(line);
      });
      const [code] = await once(child, 'close');
      return { code: Number(code), output };
    },
  };
}
