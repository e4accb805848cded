import { EventEmitter } from 'node:events';
import type pg from 'pg';
import type { Connection, QueryArrayResult } from 'pg';

/**
 * Rows whose texts stay bytes, as the server sent them. The driver decodes every value to a string, even those that it
 * asked for in binary format. For a list, that and encoding it again is most of the garbage of a request.
 */

const marker = '/* as bytes */';

/**
 * Begins the text of a statement: its rows have a `Buffer` for each text. It is a slice of what was received, and keeps
 * all of that in memory.
 */
export const asBytes = marker;

export const isAsBytes = (text: string): boolean => text.startsWith(marker);

const [boolOid, int4Oid] = [16, 23];

const binaryTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number) {
    if (oid === int4Oid) return (bytes: Buffer) => bytes.readInt32BE(0);
    if (oid === boolOid) return (bytes: Buffer) => bytes[0] === 1;
    return (bytes: Buffer) => bytes;
  },
};

/** What the driver needs for such a statement. As objects, it would copy each value. */
export const byteRowsConfig = { binary: true, rowMode: 'array', types: binaryTypes } as const;

export const toObjects = <R>({ rows, fields, ...rest }: QueryArrayResult<unknown[]>) => ({
  ...rest,
  fields,
  rows: rows.map((row) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]))) as R[],
});

/**
 * Lets the connection hand out rows in binary format as they are, and the driver's parser read everything else. This
 * replaces a method of the driver that is not documented; `server/test/db/byte-rows.test.ts` holds what it relies on.
 */
export function keepBinaryRows(connection: Connection): void {
  const attach: unknown = Reflect.get(connection, 'attachListeners');
  if (typeof attach !== 'function') throw new Error('the driver has no attachListeners');
  Object.assign(connection, {
    attachListeners(stream: EventEmitter) {
      const others = new EventEmitter();
      const split = createSplitter(
        (messages) => others.emit('data', messages),
        (fields) => connection.emit('dataRow', { name: 'dataRow', fields }),
      );
      stream.on('data', split);
      Reflect.apply(attach, connection, [others]);
    },
  });
}

/** A message: one byte, and the length of the rest as 4 bytes, which count themselves. */
const headBytes = 5;
const [rowDescription, dataRow] = [0x54, 0x44];

type Fields = (Buffer | null)[];

/** Splits what the server sends into rows in binary format, and runs of other messages, in order. */
function createSplitter(onOthers: (messages: Buffer) => void, onRow: (fields: Fields) => void) {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  /** The length of the message that is incomplete. */
  let wantedBytes = headBytes;
  let isBinary = false;

  function takeMessages(data: Buffer): void {
    let [from, at] = [0, 0];
    const flush = () => at > from && onOthers(data.subarray(from, at));
    for (let end = endOf(data, at); end <= data.length; end = endOf(data, at)) {
      // The last two bytes are the format of the last column.
      if (data[at] === rowDescription) isBinary = data.readInt16BE(end - 2) === 1;
      else if (data[at] === dataRow && isBinary) {
        flush();
        onRow(fieldsOf(data, at + headBytes));
        from = end;
      }
      at = end;
    }
    flush();
    if (at === data.length) return;
    const rest = data.subarray(at);
    waiting.push(rest);
    waitingBytes = rest.length;
    wantedBytes = endOf(rest, 0);
  }

  return (chunk: Buffer): void => {
    if (waitingBytes === 0) {
      takeMessages(chunk);
      return;
    }
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes < wantedBytes) return;
    const data = Buffer.concat(waiting.splice(0), waitingBytes);
    waitingBytes = 0;
    takeMessages(data);
  };
}

/** The end of the message at `at`, or of its head if that is incomplete. */
const endOf = (data: Buffer, at: number) =>
  at + headBytes > data.length ? at + headBytes : at + 1 + data.readUInt32BE(at + 1);

function fieldsOf(data: Buffer, at: number): Fields {
  let next = at + 2;
  return Array.from({ length: data.readInt16BE(at) }, () => {
    const length = data.readInt32BE(next);
    next += 4;
    if (length < 0) return null;
    next += length;
    return data.subarray(next - length, next);
  });
}
