import type { Words } from './model.ts';

export const fr: Words = {
  direction: 'ltr',
  reminderSubject: 'Rappel : {title}',
  reminder: 'Rappel',
  due: 'Échéance',
  starts: 'Début',
  project: 'Projet',
  highPriority: 'Priorité haute',
  late: 'Ce rappel arrive en retard. Il était prévu pour {time}.',
  reminderReason: 'Vous recevez ce message parce que vous avez programmé ce rappel.',
  digestSubject: 'Vos tâches du {date}',
  overdue: 'En retard',
  today: 'Aujourd’hui',
  nextDays: '7 prochains jours',
  nothingToday: 'Rien à échéance aujourd’hui.',
  more: { one: 'et {count} autre', other: 'et {count} autres' },
  repeats: 'Se répète',
  digestReason: 'Vous recevez ce message chaque jour à {time}.',
  unsubscribe: 'Se désabonner',
};
