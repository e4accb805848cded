import { StartError } from '../platform/errors.ts';

/** Named content, in a directory or in a bucket. Names are paths with `/`. */
export interface Store {
  /** For messages. */
  readonly location: string;
  /**
   * The names that begin with the prefix, in order: also unfinished ones of a crash, and `FOLDER/` for a folder that is
   * empty.
   */
  list(prefix: string): Promise<string[]>;
  /** @returns null if nothing has the name */
  read(name: string): Promise<Buffer | null>;
  /** After a crash the content is there complete or not at all. A name never gets another content. */
  write(name: string, content: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Writes content of any size in bounded memory. A crash leaves a part of it. */
  writeStream(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Reads content of `writeStream`. @throws if nothing has the name */
  readStream(name: string): AsyncIterable<Buffer>;
  /** Names that do not exist are no fault. */
  remove(names: readonly string[]): Promise<void>;
  /** @returns null if there is no known limit */
  freeBytes(): number | null;
}

/** For requests of a bucket. */
export interface StoreOptions {
  /** How often each is sent at most. */
  attempts?: number;
  /** Ends those under way. */
  stop?: AbortSignal;
}

/** A store of a bucket did not do what it was asked for. The message is one line without credentials. */
export class StoreError extends StartError {}
