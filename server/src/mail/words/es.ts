import type { Words } from './model.ts';

export const es: Words = {
  direction: 'ltr',
  reminderSubject: 'Recordatorio: {title}',
  reminder: 'Recordatorio',
  due: 'Vence',
  starts: 'Empieza',
  project: 'Proyecto',
  highPriority: 'Prioridad alta',
  late: 'Este recordatorio llega tarde. Estaba previsto para: {time}.',
  reminderReason: 'Recibes este mensaje porque creaste este recordatorio.',
  digestSubject: 'Tus tareas: {date}',
  overdue: 'Atrasadas',
  today: 'Hoy',
  nextDays: 'Próximos 7 días',
  nothingToday: 'Hoy no vence nada.',
  more: { other: 'y {count} más' },
  repeats: 'Se repite',
  digestReason: 'Recibes este mensaje todos los días a las {time}.',
  unsubscribe: 'Cancelar la suscripción',
};
