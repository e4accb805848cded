/** The server cancels a statement after 30 s. */
export const statementTimeoutMs = 30_000;

const sessionLimits = [
  `statement_timeout = ${statementTimeoutMs}`,
  'lock_timeout = 10000',
  'idle_in_transaction_session_timeout = 15000',
];

export const beginStatement = 'begin isolation level read committed';

/**
 * `set local` ends with the transaction: through a pooler in transaction mode another client gets the session next. One
 * message with `begin` saves a round trip.
 */
export const beginWithLimits = [beginStatement, ...sessionLimits.map((limit) => `set local ${limit}`)].join(
  '; ',
);

/**
 * The only date format that the driver parses; server, database or role may default to another. A pooler restores it
 * for its client.
 */
export const setDateStyle = "set datestyle = 'ISO'";

/** Gives a statement outside a transaction the same limits and isolation. */
export const setSession = [
  ...[...sessionLimits, "default_transaction_isolation = 'read committed'"].map(
    (setting) => `set ${setting}`,
  ),
  setDateStyle,
].join('; ');
