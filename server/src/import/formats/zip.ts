import { crc32, inflateRawSync } from 'node:zlib';
import { ImportError } from '../model.ts';

/**
 * Reads small archives from memory. Packages for this either trust the sizes that the archive names, or are not
 * synchronous: a bomb of some kilobytes must end at the limits below.
 */

/** A file in an archive. Its name is text only: nothing is written to a disk. */
export interface ZipEntry {
  name: string;
  data: Buffer;
}

const limits = { entries: 1_000, totalBytes: 50 * 1_024 * 1_024, ratio: 200, smallBytes: 64 * 1_024 };
/** The longest comment, and the record itself. */
const maxEndBytes = 65_535 + 22;
const signatures = { end: 0x06054b50, directory: 0x02014b50, local: 0x04034b50 };
const methods = { stored: 0, deflated: 8 };
const encryptedFlag = 1;

const broken = (what: string) => new ImportError(`The zip archive is broken: ${what}`);

/** What the directory of the archive says of a file. */
interface DirectoryEntry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  compressedBytes: number;
  bytes: number;
  localOffset: number;
}

export const isZip = (file: Buffer): boolean =>
  file.length >= 22 && (file.readUInt32LE(0) === signatures.local || file.readUInt32LE(0) === signatures.end);

/**
 * @param isWanted by the name of a file; others are not unpacked
 * @throws ImportError
 */
export function readZip(file: Buffer, isWanted: (name: string) => boolean): ZipEntry[] {
  const wanted = readDirectory(file).filter(({ name }) => isWanted(name));
  let total = 0;
  for (const { name, bytes, compressedBytes } of wanted) {
    total += bytes;
    if (total > limits.totalBytes) throw new ImportError('The zip archive has more than 50 MB of files');
    if (bytes > limits.smallBytes && bytes > compressedBytes * limits.ratio)
      throw new ImportError(`"${name.slice(0, 60)}" in the zip archive is packed too tightly for text`);
  }
  return wanted.map((entry) => ({ name: entry.name, data: unpack(file, entry) }));
}

function readDirectory(file: Buffer): DirectoryEntry[] {
  const end = findEnd(file);
  const count = file.readUInt16LE(end + 10);
  if (count > limits.entries) throw new ImportError(`The zip archive has more than ${limits.entries} files`);
  let at = file.readUInt32LE(end + 16);
  return Array.from({ length: count }, (): DirectoryEntry => {
    if (at + 46 > file.length || file.readUInt32LE(at) !== signatures.directory)
      throw broken('its directory is not complete');
    const nameEnd = at + 46 + file.readUInt16LE(at + 28);
    const entry = {
      name: file.toString('utf8', at + 46, nameEnd),
      flags: file.readUInt16LE(at + 8),
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      compressedBytes: file.readUInt32LE(at + 20),
      bytes: file.readUInt32LE(at + 24),
      localOffset: file.readUInt32LE(at + 42),
    };
    at = nameEnd + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
    return entry;
  });
}

/** The record at the end, before a comment. */
function findEnd(file: Buffer): number {
  for (let at = file.length - 22; at >= Math.max(0, file.length - maxEndBytes); at--)
    if (file.readUInt32LE(at) === signatures.end) return at;
  throw broken('it has no end; is it complete?');
}

function unpack(file: Buffer, entry: DirectoryEntry): Buffer {
  const name = `"${entry.name.slice(0, 60)}"`;
  const { localOffset: at, compressedBytes, bytes } = entry;
  if ((entry.flags & encryptedFlag) !== 0) throw new ImportError(`${name} in the zip archive is encrypted`);
  if (at + 30 > file.length || file.readUInt32LE(at) !== signatures.local)
    throw broken(`${name} is not where its directory says`);
  const begin = at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
  const packed = file.subarray(begin, begin + compressedBytes);
  if (packed.length < compressedBytes) throw broken(`${name} is not complete`);
  const data = inflate(packed, entry);
  if (data === null || data.length !== bytes || crc32(data) !== entry.crc)
    throw broken(`${name} cannot be unpacked`);
  return data;
}

function inflate(packed: Buffer, { method, bytes }: DirectoryEntry): Buffer | null {
  if (method === methods.stored) return packed;
  if (method !== methods.deflated) return null;
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch {
    return null;
  }
}
