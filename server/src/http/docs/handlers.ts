import type { HiddenRoute } from '../contract/operation.ts';
import { createDocumentCompression } from '../hooks/content-coding.ts';

export const openApiDocument: HiddenRoute = {
  createOnSend: createDocumentCompression,
  handle: ({ request }) => request.server.swagger(),
};
