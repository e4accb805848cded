import type { Words } from './model.ts';

export const pt: Words = {
  direction: 'ltr',
  reminderSubject: 'Lembrete: {title}',
  reminder: 'Lembrete',
  due: 'Prazo',
  starts: 'Início',
  project: 'Projeto',
  highPriority: 'Prioridade alta',
  late: 'Este lembrete chega atrasado. Estava previsto para: {time}.',
  reminderReason: 'Esta mensagem chega porque este lembrete foi criado na sua conta.',
  digestSubject: 'As suas tarefas: {date}',
  overdue: 'Atrasadas',
  today: 'Hoje',
  nextDays: 'Próximos 7 dias',
  nothingToday: 'Nada vence hoje.',
  more: { other: 'e mais {count}' },
  repeats: 'Repete-se',
  digestReason: 'Esta mensagem chega todos os dias às {time}.',
  unsubscribe: 'Cancelar a subscrição',
};
