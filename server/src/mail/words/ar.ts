import type { Words } from './model.ts';

export const ar: Words = {
  direction: 'rtl',
  reminderSubject: 'تذكير: {title}',
  reminder: 'تذكير',
  due: 'موعد الاستحقاق',
  starts: 'البداية',
  project: 'المشروع',
  highPriority: 'أولوية عالية',
  late: 'وصل هذا التذكير متأخرًا. كان موعده: {time}.',
  reminderReason: 'تصلك هذه الرسالة لأنك أنشأت هذا التذكير.',
  digestSubject: 'مهامك: {date}',
  overdue: 'متأخرة',
  today: 'اليوم',
  nextDays: 'الأيام السبعة القادمة',
  nothingToday: 'لا شيء مستحق اليوم.',
  more: { other: 'و{count} أخرى' },
  repeats: 'تتكرر',
  digestReason: 'تصلك هذه الرسالة كل يوم في {time}.',
  unsubscribe: 'إلغاء الاشتراك',
};
