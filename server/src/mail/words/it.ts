import type { Words } from './model.ts';

export const it: Words = {
  direction: 'ltr',
  reminderSubject: 'Promemoria: {title}',
  reminder: 'Promemoria',
  due: 'Scadenza',
  starts: 'Inizio',
  project: 'Progetto',
  highPriority: 'Priorità alta',
  late: 'Questo promemoria arriva in ritardo. Era previsto per: {time}.',
  reminderReason: 'Ricevi questo messaggio perché hai impostato questo promemoria.',
  digestSubject: 'Le tue attività: {date}',
  overdue: 'Scadute',
  today: 'Oggi',
  nextDays: 'Prossimi 7 giorni',
  nothingToday: 'Oggi non scade nulla.',
  more: { one: 'e {count} altra', other: 'e altre {count}' },
  repeats: 'Si ripete',
  digestReason: 'Ricevi questo messaggio ogni giorno alle {time}.',
  unsubscribe: 'Annulla l’iscrizione',
};
