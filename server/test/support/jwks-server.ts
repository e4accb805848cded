import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** An identity server that publishes keys; the test controls its responses. */
export async function startJwksServer(keys: readonly object[] = []) {
  const requestedPaths: string[] = [];
  const publish =
    (published: readonly object[]) =>
    (response: ServerResponse): void => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
    };
  let answer: (response: ServerResponse) => void = publish(keys);
  const server = createServer((request, response) => {
    requestedPaths.push(request.url ?? '');
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/api/auth/jwks`,
    /** Paths of all requests so far. */
    requestedPaths: requestedPaths,
    publish(published: readonly object[]) {
      answer = publish(published);
    },
    answer(next: (response: ServerResponse) => void) {
      answer = next;
    },
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
}
