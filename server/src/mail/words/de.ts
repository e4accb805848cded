import type { Words } from './model.ts';

export const de: Words = {
  direction: 'ltr',
  reminderSubject: 'Erinnerung: {title}',
  reminder: 'Erinnerung',
  due: 'Fällig',
  starts: 'Beginn',
  project: 'Projekt',
  highPriority: 'Hohe Priorität',
  late: 'Diese Erinnerung kommt verspätet. Sie war für {time} gedacht.',
  reminderReason: 'Diese Mail kommt, weil die Erinnerung so eingestellt ist.',
  digestSubject: 'Aufgaben für {date}',
  overdue: 'Überfällig',
  today: 'Heute',
  nextDays: 'Die nächsten 7 Tage',
  nothingToday: 'Heute ist nichts fällig.',
  more: { one: 'und {count} weitere', other: 'und {count} weitere' },
  repeats: 'Wiederholt sich',
  digestReason: 'Diese Mail kommt jeden Tag um {time}.',
  unsubscribe: 'Abbestellen',
};
