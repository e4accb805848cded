/** Every noun, one line each; `feed/model.ts` makes the registry of them. */
export { channelNoun } from './channels/feed.ts';
export { occurrenceNoun } from './occurrences/feed.ts';
export { profileNoun } from './profiles/feed.ts';
export { projectNoun } from './projects/feed.ts';
export { reminderNoun } from './reminders/feed.ts';
export { sectionNoun } from './sections/feed.ts';
export { tagNoun } from './tags/feed.ts';
export { taskNoun } from './tasks/feed.ts';
export { viewNoun } from './views/feed.ts';
