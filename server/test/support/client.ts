import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

export interface RawReply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Decompressed body. */
  text: string;
  /** Size of the compressed body. */
  sizeBytes: number;
}

export interface RawRequest {
  method: string;
  /** Percent-encoded, as it is sent. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | undefined;
  /** Closes the connection at any stage of the request. */
  signal?: AbortSignal | undefined;
}

/** A client for thousands of requests: a few keep-alive connections, no redirects. */
export function createClient(url: string, connections: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  return {
    send: ({ method, path, headers = {}, body, signal }: RawRequest): Promise<RawReply> =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const request = httpRequest(
          {
            agent,
            hostname,
            port,
            method,
            path,
            headers: { ...length, ...headers },
            ...(signal && { signal }),
          },
          (response) => {
            const chunks: Buffer[] = [];
            const reply = (): RawReply => {
              const { statusCode: status = 0, headers } = response;
              const bytes = Buffer.concat(chunks);
              const text = decode(bytes, headers['content-encoding']).toString();
              return { status, headers, text, sizeBytes: bytes.length };
            };
            // A stream does not end: its first chunk suffices.
            if (response.headers['content-type'] === 'text/event-stream') {
              response
                .on('error', () => undefined)
                .once('data', (chunk: Buffer) => {
                  chunks.push(chunk);
                  resolve(reply());
                  request.destroy();
                });
            }
            response
              .on('data', (chunk: Buffer) => chunks.push(chunk))
              .on('error', reject)
              .on('end', () => {
                try {
                  resolve(reply());
                } catch (error) {
                  reject(error);
                }
              });
          },
        );
        request.on('error', reject).end(body);
      }),
    close: () => agent.destroy(),
  };
}

function decode(bytes: Buffer, coding: string | undefined): Buffer {
  if (bytes.length === 0) return bytes;
  if (coding === 'br') return brotliDecompressSync(bytes);
  return coding === 'gzip' ? gunzipSync(bytes) : bytes;
}

export type RawClient = ReturnType<typeof createClient>;

/** Runs `work` for each item in order, `concurrency` at a time. */
export async function runConcurrently<T>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
) {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
