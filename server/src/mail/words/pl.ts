import type { Words } from './model.ts';

export const pl: Words = {
  direction: 'ltr',
  reminderSubject: 'Przypomnienie: {title}',
  reminder: 'Przypomnienie',
  due: 'Termin',
  starts: 'Początek',
  project: 'Projekt',
  highPriority: 'Wysoki priorytet',
  late: 'To przypomnienie przychodzi z opóźnieniem. Było ustawione na: {time}.',
  reminderReason: 'Ta wiadomość przychodzi, ponieważ ustawiono to przypomnienie.',
  digestSubject: 'Twoje zadania: {date}',
  overdue: 'Zaległe',
  today: 'Dzisiaj',
  nextDays: 'Następne 7 dni',
  nothingToday: 'Na dzisiaj nic nie ma.',
  more: {
    one: 'i jeszcze {count} zadanie',
    few: 'i jeszcze {count} zadania',
    many: 'i jeszcze {count} zadań',
    other: 'i jeszcze {count} zadania',
  },
  repeats: 'Powtarza się',
  digestReason: 'Ta wiadomość przychodzi codziennie o {time}.',
  unsubscribe: 'Anuluj subskrypcję',
};
