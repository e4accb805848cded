/** JSON whose parts are bytes or texts, such as what the database made of a list between the ends of an envelope. */
export class JsonBytes {
  readonly parts: readonly (Buffer | string)[];
  constructor(...parts: (Buffer | string)[]) {
    this.parts = parts;
  }
}

/** The parts in a memory block of their own: a cached slice of Buffer's pool would keep the whole pool in memory. */
export function concatBytes(parts: readonly (Buffer | string)[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0));
  let at = 0;
  for (const part of parts) at += typeof part === 'string' ? bytes.write(part, at) : part.copy(bytes, at);
  return bytes;
}
