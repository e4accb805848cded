/** A reason not to start: printed as one line, exit code 1, no stack trace. */
export class StartError extends Error {
  override name = 'StartError';
}
