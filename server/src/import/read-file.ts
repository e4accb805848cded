import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type FoundData, ImportError, type ReadOptions } from './model.ts';

/** To the thread. */
export interface ReadOrder {
  /** The name of a format. */
  format: string;
  file: Uint8Array;
  options: ReadOptions;
}

/** From the thread. */
export type ReadAnswer = { found: FoundData } | { refusal: string };

/** What 5 MB may take at the worst. */
const timeoutMs = 30_000;
const maxHeapMb = 768;

/**
 * Reads a file in a thread of its own: a large one takes seconds, in which this process answers other requests.
 * @throws ImportError when it cannot be read, or takes too long or too much memory
 */
export async function readFile(format: string, file: Uint8Array, options: ReadOptions): Promise<FoundData> {
  const order: ReadOrder = { format, file, options };
  const thread = new Worker(new URL('./reader-thread.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  try {
    const [answer]: [ReadAnswer] = (await once(thread, 'message', {
      signal: AbortSignal.timeout(timeoutMs),
    })) as [ReadAnswer];
    if ('refusal' in answer) throw new ImportError(answer.refusal);
    return answer.found;
  } catch (error) {
    throw tooMuch(error)
      ? new ImportError('The file takes too long to read, or too much memory: import it in parts')
      : error;
  } finally {
    await thread.terminate();
  }
}

const tooMuch = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'AbortError' || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'));
