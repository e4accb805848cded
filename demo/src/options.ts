import { parseArgs } from 'node:util';
import { DemoError } from './fill.ts';

export const usage = `npm run demo: fills the running server with one user, or starts one and keeps it running
  --production     also where NODE_ENV is production and there are users
npm run demo -- --chaos: kills a server and its database under load, and counts what was lost
  --seconds N      for so long; 30 by default, 5 to 86400
  --seed N         repeats the choices of another run; 0 to 4294967295`;

export interface Options {
  help: boolean;
  chaos: boolean;
  production: boolean;
  seconds: number;
  seed: number;
}

/** @throws DemoError for an unknown option, or a value out of its range */
export function readOptions(args: string[]): Options {
  const { help, chaos, production, seconds, seed } = parse(args);
  if (!chaos && (seconds ?? seed) !== undefined)
    throw new DemoError(`demo: ${seconds === undefined ? '--seed' : '--seconds'} goes with --chaos only`);
  return {
    ...{ help: help ?? false, chaos: chaos ?? false, production: production ?? false },
    seconds: integerOf('--seconds', seconds, { least: 5, most: 86_400 }) ?? 30,
    seed: integerOf('--seed', seed, { least: 0, most: 2 ** 32 - 1 }) ?? Date.now() % 1_000_000,
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = {
      help: { ...flag, short: 'h' },
      chaos: flag,
      production: flag,
      seconds: text,
      seed: text,
    } as const;
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new DemoError(`demo: ${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

function integerOf(
  name: string,
  value: string | undefined,
  { least, most }: { least: number; most: number },
) {
  if (value === undefined) return undefined;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new DemoError(
    `demo: ${name}: got ${JSON.stringify(value)}, wants a whole number, ${least} to ${most}`,
  );
}
