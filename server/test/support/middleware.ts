import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener } from 'node:http';
import compression from 'compression';
import { afterFile } from './clean-up.ts';

/**
 * A front end's development server that proxies requests, with Express' `compression`, as Next.js and webpack have it.
 * Runs until the end of the file. @returns its URL
 */
export async function startDevServer(target: string): Promise<string> {
  const compress = compression();
  const pass: RequestListener = (request, response) => {
    // The middleware shall compress, not the server.
    const { 'accept-encoding': _, ...headers } = request.headers;
    const { method, url } = request;
    const passed = httpRequest(target + url, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  };
  const server = createServer((request, response) =>
    compress(request, response, () => pass(request, response)),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterFile.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
