import { DulyError } from '@duly/client';
import type { Session } from '../session/session.tsx';
import { AuthError } from '../session/session-api.ts';

export interface ImportReport {
  format: string;
  created: number;
  /** What does not come quite as it was. */
  notes: readonly string[];
}

const maxNotes = 5;

/** For bodies that are no JSON, which the client has no methods for. */
async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const session = await fetch('/api/auth/token').catch(unreachable);
  const { token } = await session.json().catch(() => ({ token: '' }));
  const response = await fetch(`/api/v1/users/me${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  }).catch(unreachable);
  if (response.ok) return response;
  const problem: Problem = await response.json().catch(() => ({}));
  throw new DulyError({
    code: problem.error_code ?? 'UNEXPECTED_RESPONSE',
    status: response.status,
    detail: problem.detail ?? '',
    issues: problem.errors ?? [],
    requestId: null,
    retryAfterMs: null,
  });
}

interface Problem {
  error_code?: string;
  detail?: string;
  errors?: DulyError['issues'];
}

function unreachable(): never {
  throw new AuthError('NETWORK_ERROR', 'The server cannot be reached', 0);
}

/** Everything of the user, or the tasks, as a file that the browser saves. */
export async function exportFile({ offline }: Session, format: 'json' | 'csv' | 'ics'): Promise<void> {
  // With what waits here.
  await offline.sync();
  const response = await request(`/export?format=${format}`);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `duly.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}

export async function importFile(file: File, isDryRun: boolean): Promise<ImportReport> {
  const query = new URLSearchParams({ file_name: file.name, dry_run: String(isDryRun) });
  const response = await request(`/import?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  });
  const { data } = (await response.json()) as {
    data: { format: string; created: number; lines: { kind: string; title?: string; reason?: string }[] };
  };
  const odd = data.lines.filter(({ kind }) => kind === 'changed' || kind === 'skipped');
  return {
    format: data.format,
    created: data.created,
    notes: odd.slice(0, maxNotes).map(({ title, reason }) => [title, reason].filter(Boolean).join(': ')),
  };
}
