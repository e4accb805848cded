interface RandomSource {
  randomUUID?: () => string;
  getRandomValues?: (bytes: Uint8Array<ArrayBuffer>) => unknown;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/**
 * A random UUID. Pages without https have no `randomUUID`. React Native without a polyfill has no `crypto` either; keys
 * must be unique, not secret, so `Math.random` is enough there.
 */
export function randomId(): string {
  const source: RandomSource | undefined = globalThis.crypto;
  if (source?.randomUUID !== undefined) return source.randomUUID();
  const bytes = new Uint8Array(16);
  if (source?.getRandomValues !== undefined) source.getRandomValues(bytes);
  else bytes.set(Array.from(bytes, () => Math.random() * 256));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return [...bytes]
    .map(hex)
    .join('')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
