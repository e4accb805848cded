import type { ImportFormat } from '../model.ts';

export const importFormats: readonly ImportFormat[] = [];

export const findFormat = (file: Buffer, name: string): ImportFormat | undefined =>
  importFormats.find((format) => format.recognises(file, name));
