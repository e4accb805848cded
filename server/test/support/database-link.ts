import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestApp } from './app.ts';

/** `gone`: connections break and new ones are refused; `frozen`: connections stay open, but no data passes. */
export type LinkFailure = 'gone' | 'frozen';

export interface DatabaseLink {
  /** Pass it to `startApp`: that instance reaches the database through this link only. */
  viaLink: TestApp;
  breakLink(trouble: LinkFailure): Promise<void>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP link to the database of `app` that can be broken or frozen. */
export async function createDatabaseLink(app: TestApp): Promise<DatabaseLink> {
  const { connection } = app.database;
  const sockets = new Set<Socket>();
  const delayed: (() => void)[] = [];
  let isFrozen = false;

  const server = createServer((near) => {
    const far = connect(join(connection.host, `.s.PGSQL.${connection.port}`));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => to.destroy())
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      // Data sent while the link is frozen is delivered afterwards.
      from.on('data', (bytes) => {
        if (isFrozen) delayed.push(() => to.write(bytes));
        else to.write(bytes);
      });
    }
  });
  const listen = async (at: number): Promise<number> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const cut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const port = await listen(0);

  return {
    viaLink: {
      ...app,
      database: { ...app.database, connection: { ...connection, host: '127.0.0.1', port } },
    },
    async breakLink(trouble) {
      if (trouble === 'gone') await cut();
      else isFrozen = true;
    },
    async restore() {
      isFrozen = false;
      for (const deliver of delayed.splice(0)) deliver();
      if (!server.listening) await listen(port);
    },
    async close() {
      if (server.listening) await cut();
    },
  };
}
