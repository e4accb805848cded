/** The plural forms of a text with a number, as the language has them (CLDR); `other` is for all that is not listed. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** The words of mails about tasks, in one language. What stands in braces is filled in. */
export interface Words {
  direction: 'ltr' | 'rtl';
  /** {title} */
  reminderSubject: string;
  reminder: string;
  due: string;
  starts: string;
  project: string;
  highPriority: string;
  /** {time} */
  late: string;
  reminderReason: string;
  /** {date} */
  digestSubject: string;
  overdue: string;
  today: string;
  nextDays: string;
  nothingToday: string;
  /** {count} */
  more: Plural;
  repeats: string;
  /** {time} */
  digestReason: string;
  unsubscribe: string;
}
