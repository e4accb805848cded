import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { serviceUnavailable } from '../platform/errors.ts';

/** Takes the text of an export. Rejects when its reader is gone or takes nothing for 30 s. */
export type Sink = (text: string) => Promise<void>;

/** A client that takes nothing for so long is disconnected: it holds a connection to the database. */
const stallMs = 30_000;
/** Some batches of rows: what is in memory of one export. */
const bufferBytes = 256 * 1_024;

/**
 * Runs `work` and streams what it writes, as fast as the reader takes it.
 * @returns the stream, when the first text is there
 * @throws what `work` throws before that
 */
export async function streamFrom(work: (sink: Sink) => Promise<void>): Promise<Readable> {
  const stream = new PassThrough({ highWaterMark: bufferBytes });
  const begun = Promise.withResolvers<void>();
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  // The error is that of `work`, which is handled below.
  stream.on('error', () => undefined);
  const sink: Sink = async (text) => {
    if (gone.signal.aborted) throw serviceUnavailable();
    const hasRoom = stream.write(text);
    begun.resolve();
    if (!hasRoom)
      await once(stream, 'drain', { signal: AbortSignal.any([gone.signal, AbortSignal.timeout(stallMs)]) });
  };
  work(sink).then(
    () => {
      begun.resolve();
      stream.end();
    },
    (error) => {
      begun.reject(error);
      stream.destroy(error);
    },
  );
  await begun.promise;
  return stream;
}
