declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  /** Express' middleware, which has no types of its own: compresses what is written by its defaults. */
  export default function compression(): (
    request: IncomingMessage,
    response: ServerResponse,
    next: () => void,
  ) => void;
}
