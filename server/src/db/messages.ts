/** What PostgreSQL sends: messages of one byte, and the length of the rest as 4 bytes, which count themselves. */

export const headBytes = 5;

export interface MessageListener {
  /** A whole message is at `data[at..end]`; the first one of `data` at 0. */
  onMessage(data: Buffer, at: number, end: number): void;
  /** No more whole messages are in `data`. */
  onEnd(data: Buffer, end: number): void;
}

/** Finds the messages in chunks of any length. A message that is not in one chunk is copied, once. */
export function createMessageReader({ onMessage, onEnd }: MessageListener): (chunk: Buffer) => void {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  /** The length of the message that is incomplete. */
  let wantedBytes = headBytes;

  function takeMessages(data: Buffer): void {
    let at = 0;
    for (let end = endOf(data, at); end <= data.length; end = endOf(data, at)) {
      onMessage(data, at, end);
      at = end;
    }
    if (at > 0) onEnd(data, at);
    if (at === data.length) return;
    const rest = data.subarray(at);
    waiting.push(rest);
    waitingBytes = rest.length;
    wantedBytes = endOf(rest, 0);
  }

  return (chunk) => {
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

/** The values of the row at `at`. */
export function fieldsOf(data: Buffer, at: number): (Buffer | null)[] {
  let next = at + 2;
  return Array.from({ length: data.readInt16BE(at) }, () => {
    const length = data.readInt32BE(next);
    next += 4;
    if (length < 0) return null;
    next += length;
    return data.subarray(next - length, next);
  });
}

/** The fields of an error by their letters (PostgreSQL, "Error and Notice Message Fields"). */
export function errorFieldsOf(data: Buffer, at: number): Map<string, string> {
  const fields = new Map<string, string>();
  for (let next = at; data[next] !== 0; ) {
    const end = data.indexOf(0, next + 1);
    fields.set(String.fromCharCode(data[next] ?? 0), data.toString('utf8', next + 1, end));
    next = end + 1;
  }
  return fields;
}

/** A statement that is prepared by name, and its parameters as texts. */
export interface PreparedRead {
  name: string;
  text: string;
  values: readonly (string | null)[];
}

const executeAndSync = Buffer.from('E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04', 'latin1');
const maxCharBytes = 3;

/** Parse, where that is still to be done, Bind with binary results, Execute and Sync. */
export function encodeRead({ name, text, values, isParsing }: PreparedRead & { isParsing: boolean }): Buffer {
  const chars = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0) * maxCharBytes, 2 * name.length);
  const bytes = Buffer.allocUnsafe(chars + (isParsing ? text.length * maxCharBytes : 0) + 64);
  let at = 0;
  const writeText = (value: string) => {
    at += bytes.write(value, at);
  };
  const writeTextZ = (value: string) => {
    writeText(value);
    at = bytes.writeUInt8(0, at);
  };
  const begin = (type: number) => {
    at = bytes.writeUInt8(type, at) + 4;
    return at - 4;
  };
  if (isParsing) {
    const start = begin(0x50);
    writeTextZ(name);
    writeTextZ(text);
    at = bytes.writeInt16BE(0, at);
    bytes.writeInt32BE(at - start, start);
  }
  const start = begin(0x42);
  writeTextZ('');
  writeTextZ(name);
  // Parameters are texts.
  at = bytes.writeInt16BE(0, at);
  at = bytes.writeInt16BE(values.length, at);
  for (const value of values) {
    const lengthAt = at;
    at += 4;
    if (value !== null) writeText(value);
    bytes.writeInt32BE(value === null ? -1 : at - lengthAt - 4, lengthAt);
  }
  // Results are binary.
  at = bytes.writeInt16BE(1, at);
  at = bytes.writeInt16BE(1, at);
  bytes.writeInt32BE(at - start, start);
  at += executeAndSync.copy(bytes, at);
  return bytes.subarray(0, at);
}
