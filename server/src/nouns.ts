import type { Noun } from './db/noun.ts';
import { profileNoun } from './profiles/feed.ts';
import { tagNoun } from './tags/feed.ts';
import { taskNoun } from './tasks/feed.ts';

/** Every noun. The order is that of the schemas in openapi.json. */
export const nouns = [taskNoun, tagNoun, profileNoun] as const satisfies readonly Noun[];

type AnyNoun = (typeof nouns)[number];
export type NounType = AnyNoun['type'];

/** The items of each noun, by its type. */
export type NounItems = { [N in AnyNoun as N['type']]: N extends Noun<string, infer Item> ? Item : never };
