import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterFile } from './clean-up.ts';
import { type TestDatabase, urlOf } from './database.ts';

export interface DatabaseTraffic {
  /** A DATABASE_URL that leads through this relay. */
  url: string;
  /** Texts of the statements that clients have sent, and names of prepared ones, since the last call. */
  take(): string[];
}

/** A TCP relay to a test database that reads the statements on their way. Runs until the end of the file. */
export async function relayDatabase({ connection }: TestDatabase): Promise<DatabaseTraffic> {
  let statements: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(join(connection.host, `.s.PGSQL.${connection.port}`));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    const read = createMessageReader((statement) => statements.push(statement));
    near
      .on('data', read)
      .pipe(far)
      .on('close', () => near.destroy());
    far.pipe(near).on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterFile.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: urlOf({ ...connection, host: '127.0.0.1', port: address.port }),
    take() {
      const taken = statements;
      statements = [];
      return taken;
    },
  };
}

const lengthBytes = 4;

/** Reads the messages of a client (PostgreSQL, Frontend/Backend Protocol): the first one has no type. */
function createMessageReader(onStatement: (statement: string) => void) {
  let buffer = Buffer.alloc(0);
  let typeBytes = 0;
  return (bytes: Buffer): void => {
    buffer = Buffer.concat([buffer, bytes]);
    while (buffer.length >= typeBytes + lengthBytes) {
      const end = typeBytes + buffer.readInt32BE(typeBytes);
      if (buffer.length < end) return;
      const type = typeBytes === 0 ? '' : String.fromCharCode(buffer[0] ?? 0);
      const body = buffer.toString('utf8', typeBytes + lengthBytes, end);
      if (type === 'Q') onStatement(body);
      else if (type === 'P' || type === 'B') onStatement(body.split('\0').slice(0, 2).join(' '));
      buffer = buffer.subarray(end);
      typeBytes = 1;
    }
  };
}
