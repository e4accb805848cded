import { EventEmitter } from 'node:events';
import type pg from 'pg';
import type { Connection, FieldDef, QueryArrayResult } from 'pg';
import { createMessageReader, fieldsOf, headBytes, type MessageListener } from './messages.ts';

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

const binaryTypes = {
  getTypeParser(oid: number): (bytes: Buffer) => unknown {
    if (oid === int4Oid) return (bytes: Buffer) => bytes.readInt32BE(0);
    if (oid === boolOid) return (bytes: Buffer) => bytes[0] === 1;
    return (bytes: Buffer) => bytes;
  },
} satisfies pg.CustomTypesConfig;

/** What the driver needs for such a statement. As objects, it would copy each value. */
export const byteRowsConfig = { binary: true, rowMode: 'array', types: binaryTypes } as const;

export const toObjects = <R>({ rows, fields, ...rest }: QueryArrayResult<unknown[]>) => ({
  ...rest,
  fields,
  rows: rows.map((row) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index]]))) as R[],
});

/** The values of a row as the server sent them. */
export type ByteFields = (Buffer | null)[];

/** Makes the objects that `toObjects` makes, of rows with the same fields. */
export function createRowReader(fields: readonly FieldDef[]): (row: ByteFields) => Record<string, unknown> {
  const parsers = fields.map(({ name, dataTypeID }) => ({
    name,
    parse: binaryTypes.getTypeParser(dataTypeID),
  }));
  return (row) => {
    const item: Record<string, unknown> = {};
    parsers.forEach(({ name, parse }, index) => {
      const bytes = row[index] ?? null;
      item[name] = bytes === null ? null : parse(bytes);
    });
    return item;
  };
}

/** Receives all that the server sends to a connection, instead of the driver. */
type Receiver = (chunk: Buffer) => void;

const receivers = new WeakMap<Connection, Receiver>();

/** @param receiver null: the driver receives again. Only while the connection is idle. */
export function setReceiver(connection: Connection, receiver: Receiver | null): void {
  if (receiver === null) receivers.delete(connection);
  else receivers.set(connection, receiver);
}

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
      stream.on('data', (chunk: Buffer) => {
        const receive = receivers.get(connection) ?? split;
        receive(chunk);
      });
      Reflect.apply(attach, connection, [others]);
    },
  });
}

const [rowDescription, dataRow] = [0x54, 0x44];

/** Splits what the server sends into rows in binary format, and runs of other messages, in order. */
function createSplitter(onOthers: (messages: Buffer) => void, onRow: (fields: ByteFields) => void) {
  let isBinary = false;
  /** Where the run of other messages begins. */
  let from = 0;
  const listener: MessageListener = {
    onMessage(data, at, end) {
      if (at === 0) from = 0;
      // The last two bytes are the format of the last column.
      if (data[at] === rowDescription) isBinary = data.readInt16BE(end - 2) === 1;
      else if (data[at] === dataRow && isBinary) {
        if (at > from) onOthers(data.subarray(from, at));
        onRow(fieldsOf(data, at + headBytes));
        from = end;
      }
    },
    onEnd(data, end) {
      if (end > from) onOthers(data.subarray(from, end));
    },
  };
  return createMessageReader(listener);
}
