/** A mail before it is HTML and plain text: both parts are made from it, so that they say the same. */
export interface MailDocument {
  /** BCP 47, of the words; titles may be in others. */
  language: string;
  direction: 'ltr' | 'rtl';
  /** One line. */
  subject: string;
  /** What a list of mails shows after the subject. */
  preheader: string;
  /** Above the heading: what kind of mail it is. */
  label: string | null;
  heading: string;
  blocks: readonly MailBlock[];
  /** Its links are small; those of `blocks` are buttons. */
  footer: readonly MailBlock[];
}

/** Texts are plain: the parts escape them. */
export type MailBlock =
  | { type: 'text'; text: string }
  | { type: 'notice'; text: string }
  | { type: 'quote'; text: string }
  | { type: 'facts'; facts: readonly { label: string; value: string }[] }
  | { type: 'link'; text: string; url: string }
  | ({ type: 'list' } & MailList);

/** A group of tasks. */
export interface MailList {
  heading: string;
  /** How many tasks there are, in the digits of the locale; null of an empty list. */
  count: string | null;
  tone: 'alert' | 'accent' | 'plain';
  groups: readonly { heading: string | null; items: readonly MailListItem[] }[];
  /** A last line, such as how many more there are. */
  note: string | null;
}

export interface MailListItem {
  title: string;
  details: readonly string[];
  isImportant: boolean;
}

/** What is sent, apart from the address. */
export interface MailContent {
  subject: string;
  text: string;
  html: string;
}
