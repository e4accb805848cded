import type { Words } from './model.ts';

export const he: Words = {
  direction: 'rtl',
  reminderSubject: 'תזכורת: {title}',
  reminder: 'תזכורת',
  due: 'מועד יעד',
  starts: 'התחלה',
  project: 'פרויקט',
  highPriority: 'עדיפות גבוהה',
  late: 'התזכורת הזו הגיעה באיחור. היא נקבעה ל: {time}.',
  reminderReason: 'ההודעה נשלחה כי הוגדרה תזכורת זו.',
  digestSubject: 'המשימות שלך: {date}',
  overdue: 'באיחור',
  today: 'היום',
  nextDays: '7 הימים הבאים',
  nothingToday: 'אין משימות להיום.',
  more: { one: 'ועוד אחת', other: 'ועוד {count}' },
  repeats: 'חוזרת',
  digestReason: 'ההודעה נשלחת מדי יום בשעה {time}.',
  unsubscribe: 'ביטול המינוי',
};
