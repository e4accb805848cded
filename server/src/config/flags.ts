import { createHash } from 'node:crypto';
import { featureDisabled } from '../platform/errors.ts';
import { type Env, refuseSetting, textSetting } from './values.ts';

interface Flag {
  /** What stops for a user whom the flag is off for. */
  description: string;
  /** The folder whose maintainers decide when the flag goes. */
  owner: string;
  /** The percentage of users whom it is on for without FEATURE_FLAGS. */
  defaultPercent: number;
  /** The last day of the flag: a test fails after it. By then the feature is for all, or gone, and the flag with it. */
  expires: string;
  /** A flag that has to be on as well. */
  needs?: string;
}

/** Every feature flag. docs/operations/flags.md says what clients see. */
export const featureFlags = {
  import_http: {
    description: 'Imports of files over HTTP; `admin import` goes on.',
    owner: 'server/src/import',
    defaultPercent: 100,
    expires: '2027-06-30',
  },
  import_archives: {
    description: 'Zip archives among the files that are imported over HTTP.',
    owner: 'server/src/import',
    defaultPercent: 100,
    expires: '2027-06-30',
    needs: 'import_http',
  },
  web_push: {
    description: 'New push channels, and messages to those that exist; messages wait and are tried again.',
    owner: 'server/src/senders',
    defaultPercent: 100,
    expires: '2027-06-30',
  },
} as const satisfies Record<string, Flag>;

export type FlagName = keyof typeof featureFlags;
/** The percentage of users whom each flag is on for, 0 to 100. */
export type FlagSettings = Readonly<Record<FlagName, number>>;

const isFlagName = (name: string): name is FlagName => Object.hasOwn(featureFlags, name);
export const flagNames = Object.keys(featureFlags).filter(isFlagName);
export const flagOf = (name: FlagName): Flag => featureFlags[name];

const setting = 'FEATURE_FLAGS';

/**
 * Reads `name=on`, `name=off` and `name=25%`, separated by commas.
 * @throws StartError for unknown or repeated names, for other values, and for a flag that is on for more users than one
 * that it needs
 */
export function flagSettings(env: Env): FlagSettings {
  const chosen = chosenPercents(textSetting(env, 'FEATURE_FLAGS'));
  // A flag that nobody chose follows the one that it needs.
  const percentOf = (name: FlagName): number => {
    const own = chosen.get(name);
    const { defaultPercent, needs = '' } = flagOf(name);
    if (own !== undefined || !isFlagName(needs)) return own ?? defaultPercent;
    return Math.min(defaultPercent, percentOf(needs));
  };
  for (const name of flagNames) {
    const { needs = '' } = flagOf(name);
    if (isFlagName(needs) && percentOf(name) > percentOf(needs))
      return refuseSetting(
        setting,
        `${name}=${percentOf(name)}% with ${needs}=${percentOf(needs)}%`,
        `${name} on for no more users than ${needs}, which it needs`,
      );
  }
  return Object.freeze({
    import_http: percentOf('import_http'),
    import_archives: percentOf('import_archives'),
    web_push: percentOf('web_push'),
  });
}

function chosenPercents(text: string | null): Map<FlagName, number> {
  const percents = new Map<FlagName, number>();
  for (const part of text?.split(',') ?? []) {
    const [, name = '', value = ''] = /^\s*([a-z_]+)=(on|off|\d{1,3}%)\s*$/.exec(part) ?? [];
    const percent = value === 'on' ? 100 : value === 'off' ? 0 : Number.parseInt(value, 10);
    if (!isFlagName(name) || percent > 100)
      return refuseSetting(
        setting,
        JSON.stringify(part.trim()),
        `name=on, name=off or name=25%, with commas between; the names are ${flagNames.join(', ')}`,
      );
    if (percents.has(name)) return refuseSetting(setting, `${name} twice`, 'each name once');
    percents.set(name, percent);
  }
  return percents;
}

/**
 * Whether the flag, and the one that it needs, is on for this user. A user keeps the answer on every instance and after
 * every start, and while the percentage grows. Which users get one feature says nothing of another.
 */
export function isFeatureOn(settings: FlagSettings, name: FlagName, userId: string): boolean {
  const { needs = '' } = flagOf(name);
  return (
    shareOf(name, userId) < settings[name] && (!isFlagName(needs) || isFeatureOn(settings, needs, userId))
  );
}

/** Where the user stands in the roll-out of a flag, from 0 to less than 100. */
const shareOf = (name: FlagName, userId: string): number =>
  (createHash('sha256').update(`${name}:${userId}`).digest().readUInt32BE(0) / 2 ** 32) * 100;

/** @throws AppError FEATURE_DISABLED unless the flag is on for this user */
export function requireFeature(settings: FlagSettings, name: FlagName, userId: string): void {
  if (!isFeatureOn(settings, name, userId)) throw featureDisabled(name);
}
