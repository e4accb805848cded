import pg from 'pg';

/** Statements of the background, of new connections and of idle ones. */
const backgroundStatements =
  /access_events|^select (pg_is_in_recovery|current_setting)|pg_notify|pg_backend_pid|^set statement_timeout/;

/** The statements that this process sends during `work`, in order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const asked: string[] = [];
  const { prototype } = pg.Client;
  const original = prototype.query;
  prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [query] = args;
    const isConfig = typeof query === 'object' && query !== null && 'text' in query;
    asked.push(String(isConfig ? query.text : query));
    return Reflect.apply(original, this, args);
  };
  try {
    await work();
  } finally {
    prototype.query = original;
  }
  return asked.filter((text) => !backgroundStatements.test(text));
}
