import type { Words } from './model.ts';

export const fa: Words = {
  direction: 'rtl',
  reminderSubject: 'یادآوری: {title}',
  reminder: 'یادآوری',
  due: 'سررسید',
  starts: 'شروع',
  project: 'پروژه',
  highPriority: 'اولویت بالا',
  late: 'این یادآوری دیر رسیده است. زمان آن: {time}.',
  reminderReason: 'این نامه برای یادآوری‌ای است که تنظیم کرده‌اید.',
  digestSubject: 'کارهای شما: {date}',
  overdue: 'عقب‌افتاده',
  today: 'امروز',
  nextDays: '۷ روز آینده',
  nothingToday: 'امروز کاری سررسید ندارد.',
  more: { other: 'و {count} کار دیگر' },
  repeats: 'تکرار می‌شود',
  digestReason: 'این نامه هر روز ساعت {time} می‌آید.',
  unsubscribe: 'لغو اشتراک',
};
