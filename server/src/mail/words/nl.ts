import type { Words } from './model.ts';

export const nl: Words = {
  direction: 'ltr',
  reminderSubject: 'Herinnering: {title}',
  reminder: 'Herinnering',
  due: 'Deadline',
  starts: 'Begint',
  project: 'Project',
  highPriority: 'Hoge prioriteit',
  late: 'Deze herinnering komt te laat. Ze was bedoeld voor {time}.',
  reminderReason: 'Je krijgt deze mail omdat je deze herinnering hebt ingesteld.',
  digestSubject: 'Je taken voor {date}',
  overdue: 'Te laat',
  today: 'Vandaag',
  nextDays: 'De komende 7 dagen',
  nothingToday: 'Vandaag hoeft er niets af.',
  more: { other: 'en nog {count}' },
  repeats: 'Wordt herhaald',
  digestReason: 'Je krijgt deze mail elke dag om {time}.',
  unsubscribe: 'Afmelden',
};
