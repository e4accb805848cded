import { onQuery } from './queries.ts';

/** Statements of the background, of new connections and of idle ones. */
const backgroundStatements =
  /access_events|^select (pg_is_in_recovery|current_setting)|pg_notify|pg_backend_pid|^set statement_timeout/;

/** The statements that this process sends during `work`, in order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const asked: string[] = [];
  const stop = onQuery(({ text }) => asked.push(text));
  try {
    await work();
  } finally {
    stop();
  }
  return asked.filter((text) => !backgroundStatements.test(text));
}
