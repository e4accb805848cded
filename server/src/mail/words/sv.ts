import type { Words } from './model.ts';

export const sv: Words = {
  direction: 'ltr',
  reminderSubject: 'Påminnelse: {title}',
  reminder: 'Påminnelse',
  due: 'Förfaller',
  starts: 'Börjar',
  project: 'Projekt',
  highPriority: 'Hög prioritet',
  late: 'Den här påminnelsen kommer sent. Den var inställd på {time}.',
  reminderReason: 'Du får det här mejlet för att du har lagt in påminnelsen.',
  digestSubject: 'Dina uppgifter {date}',
  overdue: 'Försenade',
  today: 'I dag',
  nextDays: 'De närmaste 7 dagarna',
  nothingToday: 'Inget ska göras i dag.',
  more: { other: 'och {count} till' },
  repeats: 'Upprepas',
  digestReason: 'Du får det här mejlet varje dag kl. {time}.',
  unsubscribe: 'Avsluta prenumerationen',
};
