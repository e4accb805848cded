import { canonicalZone, isTimeZone } from '../../dates/zones.ts';

/** Names of zones in one file. */
export interface ZoneNames {
  /** The user's zone. */
  own: string;
  isKnown(name: string): boolean;
  /** The name, if it is known and not another name of the user's zone. */
  otherThanOwn(name: string | null): string | null;
}

/** The runtime takes long for each name. After so many, no further one is looked up. */
const maxNames = 1_000;

export function createZoneNames(own: string): ZoneNames {
  /** By the name: whether it is another zone than the user's; null if it is not known. */
  const zones = new Map<string, boolean | null>();
  const canonicalOwn = canonicalZone(own);
  const find = (name: string): boolean | null => {
    const before = zones.get(name);
    if (before !== undefined) return before;
    if (zones.size >= maxNames) return null;
    const isOther = isTimeZone(name) ? canonicalZone(name) !== canonicalOwn : null;
    zones.set(name, isOther);
    return isOther;
  };
  return {
    own,
    isKnown: (name) => find(name) !== null,
    otherThanOwn: (name) => (name !== null && find(name.trim()) ? name.trim() : null),
  };
}
