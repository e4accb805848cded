declare module 'compression' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  /** Express' compression middleware, which has no types of its own. */
  export default function compression(): (
    request: IncomingMessage,
    response: ServerResponse,
    next: () => void,
  ) => void;
}
