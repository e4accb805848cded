/** The ustar format (POSIX.1-1988), as far as a backup needs it: files and directories with short names. */
const blockBytes = 512;
const maxNameBytes = 100;

export interface TarEntry {
  path: string;
  type: 'file' | 'directory';
  sizeBytes: number;
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

export function encodeTarHeader({ path, type, sizeBytes }: TarEntry): Buffer {
  const name = type === 'directory' ? `${path}/` : path;
  if (Buffer.byteLength(name) > maxNameBytes) throw new Error(`the name ${name} is too long for an archive`);
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0);
  header.write(octal(type === 'directory' ? 0o700 : 0o600, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(sizeBytes, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write(type === 'directory' ? '5' : '0', 156);
  header.write('ustar\x0000', 257);
  header.write(`${octal(checksumOf(header), 7)} `, 148);
  return header;
}

/** The sum of all bytes, those of the sum itself as spaces. */
function checksumOf(header: Buffer): number {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  return sum;
}

export const tarPadding = (sizeBytes: number) =>
  Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
export const tarEnd = () => Buffer.alloc(2 * blockBytes);

/** @returns null for the end of the archive. @throws Error for anything but a header of `encodeTarHeader` */
function decodeTarHeader(header: Buffer): TarEntry | null {
  if (header.every((byte) => byte === 0)) return null;
  const field = (from: number, length: number) =>
    header.toString('utf8', from, from + length).replace(/[\0 ].*$/s, '');
  const sizeBytes = Number.parseInt(field(124, 12), 8);
  const isIntact =
    Number.parseInt(field(148, 8), 8) === checksumOf(header) && Number.isSafeInteger(sizeBytes);
  if (!isIntact) throw new Error('an entry of the archive is damaged');
  const path = field(0, maxNameBytes).replace(/\/$/, '');
  if (path === '' || path.startsWith('/') || path.split('/').includes('..'))
    throw new Error(`the archive has an entry outside of its directory: ${JSON.stringify(path)}`);
  return { path, type: header[156] === 0x35 ? 'directory' : 'file', sizeBytes };
}

/** Takes bytes off a stream in any portions. */
function createByteReader(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  /** @returns at most `limit` bytes, and none at the end */
  async function some(limit: number): Promise<Buffer> {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return rest;
      rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const taken = rest.subarray(0, limit);
    rest = rest.subarray(taken.length);
    return taken;
  }

  async function exactly(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const part = await some(missing);
      if (part.length === 0) throw new Error('the archive ends too early');
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  return { some, exactly };
}

/** Called for each entry, in order. `body` has to be read to its end. */
export type OnTarEntry = (entry: TarEntry, body: AsyncIterable<Buffer>) => Promise<void>;

/** Reads an archive as a stream. @throws Error if it is damaged or ends too early */
export async function readTar(source: AsyncIterable<Uint8Array>, onEntry: OnTarEntry): Promise<void> {
  const reader = createByteReader(source);
  async function* bodyOf(sizeBytes: number): AsyncGenerator<Buffer> {
    for (let missing = sizeBytes; missing > 0; ) {
      const part = await reader.some(missing);
      if (part.length === 0) throw new Error('the archive ends too early');
      missing -= part.length;
      yield part;
    }
    await reader.exactly(tarPadding(sizeBytes).length);
  }
  for (;;) {
    const entry = decodeTarHeader(await reader.exactly(blockBytes));
    if (entry === null) break;
    await onEntry(entry, bodyOf(entry.sizeBytes));
  }
  // Reads on to the end: the checks of the stream below, such as age's last block, are part of the archive.
  while ((await reader.some(2 ** 20)).length > 0);
}
