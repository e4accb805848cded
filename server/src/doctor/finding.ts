export type Verdict = 'ok' | 'warning' | 'problem';

/** What one check found. */
export interface Finding {
  check: string;
  verdict: Verdict;
  /** One line. It holds no secret. */
  message: string;
  /** What to do; null when all is well. */
  remedy: string | null;
}

export const ok = (check: string, message: string): Finding => ({
  ...{ check, message },
  verdict: 'ok',
  remedy: null,
});

export const warning = (check: string, message: string, remedy: string): Finding => ({
  ...{ check, message, remedy },
  verdict: 'warning',
});

export const problem = (check: string, message: string, remedy: string): Finding => ({
  ...{ check, message, remedy },
  verdict: 'problem',
});

/** Errors of the driver may have several lines, and an AggregateError has an empty message. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').trim();
}
