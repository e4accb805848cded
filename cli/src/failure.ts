/** How the program ends; cli/README.md has the table. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  loggedOut: 3,
  notFound: 4,
  conflict: 5,
  network: 6,
} as const;

/** Something that the user is told in one line. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(kind: keyof typeof exitCodes, message: string) {
    super(message);
    this.exitCode = exitCodes[kind];
  }
}

/** Another process works with what is stored, for longer than was waited. */
export class Busy extends Failure {
  constructor() {
    super('failed', 'Another duly is busy: try again later');
  }
}

export const loggedOut = (): Failure => new Failure('loggedOut', 'You are not logged in: duly login');
export const sessionEnded = (): Failure =>
  new Failure('loggedOut', 'The session has ended, and nothing is lost: duly login');
