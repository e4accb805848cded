import { parentPort, workerData } from 'node:worker_threads';
import { importFormats } from './formats/formats.ts';
import { ImportError } from './model.ts';
import type { ReadAnswer, ReadOrder } from './read-file.ts';

/** The whole program of the thread that `readFile` starts: it reads one file, and ends. */
const { format, file, options }: ReadOrder = workerData;

function read(): ReadAnswer {
  const found = importFormats.find(({ name }) => name === format);
  try {
    return { found: found?.read(Buffer.from(file), options) ?? { tasks: [], notes: [] } };
  } catch (error) {
    if (error instanceof ImportError) return { refusal: error.message };
    throw error;
  }
}

parentPort?.postMessage(read());
