import { useErrorText } from '../auth/error-text.ts';

/** In a file of its own: its texts are those of pages that are loaded later. */
export function ErrorText({ error }: { error: unknown }) {
  return <span>{useErrorText()(error)}</span>;
}
