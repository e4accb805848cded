/** What the demonstration's user did in the weeks before today. */

export const weeksOfHistory = 8;

export interface Habit {
  title: string;
  rule: string;
  /** Days from one occurrence to the next. */
  everyDays: number;
  tags: string[];
  time?: string;
  /** Of its occurrences, one in so many was skipped. */
  skipsOneIn?: number;
}

export const habits: Habit[] = [
  { title: 'Stretch for ten minutes', rule: 'FREQ=DAILY', everyDays: 1, tags: ['home'], skipsOneIn: 6 },
  { title: 'Water the plants', rule: 'FREQ=DAILY;INTERVAL=3', everyDays: 3, tags: ['home'] },
  { title: 'Weekly review', rule: 'FREQ=WEEKLY', everyDays: 7, tags: ['work'], time: '16:00' },
  { title: 'Put the paper out', rule: 'FREQ=WEEKLY;INTERVAL=2', everyDays: 14, tags: ['home'] },
];

/** Completed tasks by project; those of null are in the inbox. */
export const completed: readonly (readonly [project: string | null, tags: string[], titles: string[]])[] = [
  [
    'Move to Elm Street',
    ['home'],
    [
      'Sign the lease',
      'Transfer the deposit',
      'Ask for the floor plan',
      'Sell the old shelves',
      'Find out about parking permits',
      'List everything that stays',
      'Compare internet providers',
      'Order the internet connection',
      'Photograph the flat as it is',
      'Give notice to the landlord',
    ],
  ],
  [
    'Spring catalogue',
    ['work'],
    [
      'Collect prices from the suppliers',
      'Draft the table of contents',
      'Brief the photographer',
      'Book the studio',
      'Choose a typeface',
      'First layout of the cover',
      'Invoice for the studio',
      'Write the introduction',
      'Answer the printer about colours',
      'Send samples to Lisbon',
      'Agree on the date of delivery',
      'Photographs of the lamps',
      'Captions for pages 1 to 12',
      'Captions for pages 13 to 24',
    ],
  ],
  [
    'Garden',
    ['weekend'],
    [
      'Rake the leaves',
      'Clean the gutters',
      'Bring the lemon tree in',
      'Empty the rain barrel',
      'Turn the compost',
      'Sharpen the shears',
    ],
  ],
  ['Reading', [], ['The Dispossessed', 'A Month in the Country', 'Piranesi', 'Stoner']],
  [
    null,
    [],
    [
      'Dentist',
      'Flu vaccination',
      'Cancel the old gym',
      'Repair the bicycle lamp',
      'Book the train to Malmö',
      'Birthday card for Nils',
      'Take the coat to the cleaner',
      'Update the laptop',
      'Back up the photographs',
      'New batteries for the smoke alarm',
      'Call the insurance',
      'Bring back the drill',
      'Buy winter boots',
      'Bake for the school fair',
      'Reply to Hanna',
      'Pick up the parcel',
    ],
  ],
];
