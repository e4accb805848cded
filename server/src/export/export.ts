import type { Readable } from 'node:stream';
import type { Db, Tx } from '../db/schema.ts';
import { createConcurrencyLimiter } from '../platform/concurrency-limiter.ts';
import { rateLimited } from '../platform/errors.ts';
import { writeCsv } from './csv.ts';
import { writeIcs } from './ics.ts';
import { writeJson } from './json.ts';
import { onSnapshot } from './rows.ts';
import { type Sink, streamFrom } from './sink.ts';

export const exportFormats = ['json', 'csv', 'ics'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const writers: Record<ExportFormat, (tx: Tx, userId: string, sink: Sink) => Promise<void>> = {
  json: writeJson,
  csv: writeCsv,
  ics: writeIcs,
};

export const exportTypes: Record<ExportFormat, string> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  ics: 'text/calendar; charset=utf-8',
};

/** Without anything of the user: an id may have characters that no file name may. */
export const exportFileName = (format: ExportFormat): string =>
  `duly-export-${new Date().toISOString().slice(0, 10)}.${format}`;

/** Each holds a connection as long as its client reads: the others are for requests. */
const exportLimiter = createConcurrencyLimiter(2, 8);
/** Users whose export runs or waits in this process. */
const exporting = new Set<string>();
const retryAfterSeconds = 10;

/** Writes everything of a user, on one snapshot, to the sink. */
export const writeExport = (db: Db, userId: string, format: ExportFormat, sink: Sink): Promise<void> =>
  onSnapshot(db, (tx) => writers[format](tx, userId, sink));

/**
 * The same as a stream. Two run at a time, one of each user.
 * @throws AppError RATE_LIMITED while an export of the user runs, SERVICE_UNAVAILABLE when too many wait
 */
export async function streamExport(db: Db, userId: string, format: ExportFormat): Promise<Readable> {
  if (exporting.has(userId)) throw rateLimited(retryAfterSeconds);
  exporting.add(userId);
  return streamFrom(async (sink) => {
    try {
      await exportLimiter(() => writeExport(db, userId, format, sink));
    } finally {
      exporting.delete(userId);
    }
  });
}
