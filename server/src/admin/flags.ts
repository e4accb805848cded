import { type FlagSettings, flagNames, flagOf } from '../config/flags.ts';
import { type Static, Type } from '../platform/schema.ts';

const percent = { minimum: 0, maximum: 100 };

export const FlagState = Type.Object({
  name: Type.String(),
  description: Type.String({ description: 'What stops for users whom it is off for.' }),
  percent: Type.Integer({
    ...percent,
    description: 'The percentage of users whom it is on for, by the settings of the instance that answers.',
  }),
  default_percent: Type.Integer({ ...percent, description: 'Without `FEATURE_FLAGS`.' }),
  needs: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'The flag that has to be on for a user as well.',
  }),
  owner: Type.String({ description: 'The folder whose maintainers decide about the flag.' }),
  expires: Type.String({ format: 'date', description: 'The last day of the flag in the code.' }),
});

export const listFlags = (settings: FlagSettings): Static<typeof FlagState>[] =>
  flagNames.map((name) => {
    const { description, owner, defaultPercent, expires, needs = null } = flagOf(name);
    const percents = { percent: settings[name], default_percent: defaultPercent };
    return { name, description, ...percents, needs, owner, expires };
  });
