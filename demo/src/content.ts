import type { Input } from '../../client/src/index.ts';

/** What the demonstration's user has. Days count from today: -1 is yesterday. */

export const person = {
  email: 'demo@example.com',
  password: 'quiet-harbour-58',
  first_name: 'Mara',
  last_name: 'Lindqvist',
};

export interface PlannedTask {
  title: string;
  description?: string;
  /** The due date. */
  day?: number;
  time?: string;
  /** Hidden until then. */
  startDay?: number;
  priority?: 'High' | 'Low';
  tags?: string[];
  /** The name of a section of the project. */
  section?: string;
  /** An RRULE. */
  repeats?: string;
  /** So many minutes before it is due. */
  reminders?: number[];
  subtasks?: string[];
}

export interface PlannedProject {
  /** Null: the inbox. */
  name: string | null;
  color?: string;
  sections?: string[];
  tasks: PlannedTask[];
}

const move: PlannedProject = {
  name: 'Move to Elm Street',
  color: '#2f7d5b',
  sections: ['Before', 'Moving day', 'Afterwards'],
  tasks: [
    {
      title: 'Book the van',
      description: 'Two quotes so far. The smaller one has no lift.',
      section: 'Before',
      day: 1,
      time: '10:00',
      priority: 'High',
      tags: ['phone'],
      reminders: [30],
    },
    {
      title: 'Pack the kitchen',
      section: 'Before',
      day: 6,
      tags: ['home'],
      subtasks: ['Collect boxes from the shop', 'Wrap the glasses', 'Label everything', 'Keep one pan out'],
    },
    { title: 'Give notice to the electricity company', section: 'Before', day: -2, tags: ['phone'] },
    { title: 'Measure the stairwell for the sofa', section: 'Before', day: 3 },
    { title: 'Pick up the van', section: 'Moving day', day: 12, time: '08:00', reminders: [60, 1440] },
    { title: 'Read both meters', section: 'Moving day', day: 12, priority: 'High' },
    { title: 'Have the post forwarded', section: 'Afterwards', day: 14, tags: ['errand'] },
    { title: 'Register the new address', section: 'Afterwards', day: 19, startDay: 12, tags: ['errand'] },
  ],
};

const catalogue: PlannedProject = {
  name: 'Spring catalogue',
  color: '#b4532a',
  sections: ['To do', 'Waiting', 'Review'],
  tasks: [
    {
      title: 'Choose the photographs for the cover',
      section: 'To do',
      day: 0,
      time: '15:30',
      priority: 'High',
      tags: ['work'],
      reminders: [15],
    },
    {
      title: 'Write the texts for ceramics',
      section: 'To do',
      day: 4,
      tags: ['work', 'writing'],
      subtasks: ['Bowls', 'Vases', 'Lamps'],
    },
    { title: 'Agree on the paper with the printer', section: 'Waiting', day: 2, tags: ['work', 'phone'] },
    { title: 'Price list from Jonas', section: 'Waiting', day: -1, tags: ['work'] },
    { title: 'Proofread pages 1 to 24', section: 'Review', day: 8, tags: ['work', 'writing'] },
    {
      title: 'Call with the printer in Lisbon',
      section: 'Review',
      day: 5,
      time: '11:00',
      tags: ['work', 'phone'],
      reminders: [10],
    },
  ],
};

export const projects: PlannedProject[] = [
  move,
  catalogue,
  {
    name: 'Garden',
    color: '#6a8f3c',
    tasks: [
      { title: 'Plant the tulip bulbs', day: 9, tags: ['weekend'] },
      { title: 'Cut back the roses', day: 2, tags: ['weekend'] },
      { title: 'Mend the fence by the compost', priority: 'Low', tags: ['weekend'] },
      { title: 'Order seeds for spring', startDay: 30, day: 45, priority: 'Low' },
    ],
  },
  {
    name: 'Reading',
    color: '#4d5fa8',
    tasks: [
      { title: 'The Left Hand of Darkness', priority: 'Low' },
      { title: 'Return the books to the library', day: 7, tags: ['errand'], reminders: [-540] },
      { title: 'The Summer Book', priority: 'Low', tags: ['present from Ida'] },
    ],
  },
  {
    name: null,
    tasks: [
      { title: 'Buy oat milk and bread', day: 0, tags: ['errand'] },
      { title: 'Renew the passport', day: 21, priority: 'High', tags: ['errand'], reminders: [10_080] },
      { title: 'A present for Ida', description: 'She liked the blue scarf.', day: 10 },
      { title: 'Ask Tom about the bicycle' },
      {
        title: 'Pay the rent',
        day: 3,
        repeats: 'FREQ=MONTHLY',
        priority: 'High',
        tags: ['home'],
        reminders: [1440],
      },
    ],
  },
];

/** Done today, after everything else was made. */
export const doneToday = ['Buy oat milk and bread', 'Collect boxes from the shop', 'Bowls'];
/** In the trash. */
export const deletedToday = 'Ask Tom about the bicycle';

export const views: Input<'createView'>[] = [
  { name: 'On the phone', parameters: { status: 'pending', tags: ['phone'], sort_by: 'due_date' } },
  { name: 'Urgent', parameters: { status: 'pending', priority: 'High', sort_by: 'due_date' } },
  { name: 'Plan the week', parameters: { status: 'pending', due: 'week', sort_by: 'due_date' } },
];
