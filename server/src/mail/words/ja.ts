import type { Words } from './model.ts';

export const ja: Words = {
  direction: 'ltr',
  reminderSubject: 'リマインダー：{title}',
  reminder: 'リマインダー',
  due: '期限',
  starts: '開始',
  project: 'プロジェクト',
  highPriority: '優先度：高',
  late: 'このリマインダーは遅れて届きました。予定日時：{time}',
  reminderReason: 'このメールは、設定されたリマインダーにより送信されました。',
  digestSubject: '{date}のタスク',
  overdue: '期限切れ',
  today: '今日',
  nextDays: '今後7日間',
  nothingToday: '今日が期限のタスクはありません。',
  more: { other: 'ほか{count}件' },
  repeats: '繰り返し',
  digestReason: 'このメールは毎日{time}に送信されます。',
  unsubscribe: '配信停止',
};
