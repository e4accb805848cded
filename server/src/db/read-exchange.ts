import { channel } from 'node:diagnostics_channel';
import pg, { type PoolClient } from 'pg';
import { type ByteFields, setReceiver } from './byte-rows.ts';
import { recordFailure } from './failure-record.ts';
import {
  createMessageReader,
  encodeRead,
  errorFieldsOf,
  fieldsOf,
  headBytes,
  type PreparedRead,
} from './messages.ts';
import { isStaleName } from './prepared.ts';

export interface Pending extends PreparedRead {
  /** Whether its message has the text too, which the server has not accepted yet. */
  isParsing: boolean;
  rows: ByteFields[];
  error: Error | null;
  resolve(rows: ByteFields[]): void;
  reject(error: Error): void;
}

/** For tests: each read that is sent, and its client. */
const sentReads = channel('duly:read');

const [parseComplete, dataRow, errorResponse, readyForQuery] = [0x31, 0x44, 0x45, 0x5a];

/**
 * Reads on an idle connection, in order, without the driver's queue. Until `end` the driver receives nothing.
 * @param onProgress called after what the server sent has settled reads
 */
export function createExchange(client: PoolClient, onProgress: () => void) {
  const { connection } = client;
  const sent: Pending[] = [];
  let toSend: Buffer[] = [];
  let isStale = false;

  function settle(): void {
    const read = sent.shift();
    if (read === undefined) return;
    const { name, isParsing, error, rows } = read;
    if (error === null) read.resolve(rows);
    else {
      if (isParsing) delete parsedStatementsOf(connection)[name];
      isStale ||= isStaleName(error);
      recordFailure(error);
      read.reject(error);
    }
  }

  // Notices and changed settings are of no interest here.
  function onMessage(data: Buffer, at: number, end: number): void {
    const [first] = sent;
    if (first === undefined) return;
    const type = data[at];
    if (type === dataRow) first.rows.push(fieldsOf(data, at + headBytes));
    else if (type === errorResponse) first.error = toError(data, at, end);
    else if (type === parseComplete) first.isParsing = false;
    else if (type === readyForQuery) settle();
  }

  setReceiver(connection, createMessageReader({ onMessage, onEnd: onProgress }));
  return {
    size: () => sent.length,
    /** Whether the server does not know a name as we do: the connection must not be used again. */
    isStale: () => isStale,
    /** `send` sends it. */
    add(read: Pending): void {
      const parsed = parsedStatementsOf(connection);
      read.isParsing = parsed[read.name] === undefined;
      parsed[read.name] = read.text;
      sent.push(read);
      toSend.push(encodeRead(read));
      if (sentReads.hasSubscribers) sentReads.publish({ client, text: read.text, name: read.name });
    },
    send(): void {
      if (toSend.length > 0) connection.stream.write(Buffer.concat(toSend));
      toSend = [];
    },
    /** Gives the connection back to the driver. @returns whether it may be used again */
    end(error?: Error): boolean {
      setReceiver(connection, null);
      const reason = sent[0]?.error ?? error ?? new Error('Connection terminated');
      if (sent.length > 0) recordFailure(reason);
      for (const { reject } of sent.splice(0)) reject(reason);
      return !isStale;
    },
  };
}

/** The driver's record of what is prepared on a connection, by name. */
function parsedStatementsOf(connection: pg.Connection): Record<string, string | undefined> {
  return Reflect.get(connection, 'parsedStatements');
}

function toError(data: Buffer, at: number, end: number): Error {
  const fields = errorFieldsOf(data, at + headBytes);
  const error = new pg.DatabaseError(fields.get('M') ?? 'the statement failed', end - at, 'error');
  return Object.assign(error, { code: fields.get('C'), severity: fields.get('S'), detail: fields.get('D') });
}
