import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { createFormats, type Formats } from './formats.ts';
import { en } from './messages/en.ts';
import type { enCard } from './messages/en-card.ts';
import type { enPages } from './messages/en-pages.ts';
import type { enSettings } from './messages/en-settings.ts';

/** A text, or one for each plural form that the language has (`Intl.PluralRules`). */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type CoreMessages = Record<keyof typeof en, Message>;
export type PageMessages = Record<keyof typeof enPages, Message>;
export type CardMessages = Record<keyof typeof enCard, Message>;
export type SettingsMessages = Record<keyof typeof enSettings, Message>;
/** What the first list does without. */
type LaterMessages = CardMessages & PageMessages & SettingsMessages;
export type MessageKey = keyof CoreMessages | keyof LaterMessages;
type Messages = CoreMessages & Partial<LaterMessages>;

interface LanguageFiles {
  name: string;
  loadCore(): Promise<CoreMessages>;
  loadLater(): Promise<LaterMessages>;
}

/** A language has its files in `messages/` and a row here. */
export const languages = {
  en: {
    name: 'English',
    loadCore: async () => en,
    loadLater: async () => (await import('./messages/en-later.ts')).enLater,
  },
  de: {
    name: 'Deutsch',
    loadCore: async () => (await import('./messages/de.ts')).de,
    loadLater: async () => (await import('./messages/de-later.ts')).deLater,
  },
} as const satisfies Record<string, LanguageFiles>;
export type Language = keyof typeof languages;

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);
const key = 'duly.language';
const isLanguage = (value: string): value is Language => value in languages;

/** The one that the user chose, else the first of the browser's that there is. */
function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(key) ?? '', ...navigator.languages];
  return wanted.map((tag) => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en';
}

/** With the region of the browser, if it is one of that language: it decides how dates and weeks look. */
function localeOf(language: Language): string {
  return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}

export type Translate = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

interface I18n extends Formats {
  t: Translate;
  language: Language;
  locale: string;
  setLanguage(language: Language): void;
}

const Context = createContext<I18n | null>(null);

/** @param messages may get more later */
function createTranslate(messages: Messages, locale: string): Translate {
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  return (name, values = {}) => {
    const message = messages[name] ?? '';
    const text =
      typeof message === 'string'
        ? message
        : (message[plural.select(Number(values.count))] ?? message.other ?? '');
    return text.replace(/\{(\w+)\}/g, (_, parameter: string) => {
      const value = values[parameter] ?? '';
      return typeof value === 'number' ? number.format(value) : value;
    });
  };
}

/** Loads the texts of pages and dialogs; set with each language. */
let loadPageMessages = async (): Promise<void> => undefined;

/** Resolves once the texts of pages and dialogs are there. Lists need none of them, so the first load has none. */
export const pageMessagesLoaded = (): Promise<void> => loadPageMessages();

/** Whether another language needs these texts too. */
let arePagesShown = false;

export interface LoadedLanguage {
  language: Language;
  locale: string;
  messages: Messages;
}

/** The language, and the document is said to be in it. */
async function loadLanguage(language: Language): Promise<LoadedLanguage> {
  const { loadCore, loadLater } = languages[language];
  const core: CoreMessages = await loadCore().catch(() => en);
  const locale = localeOf(language);
  document.documentElement.lang = locale;
  document.documentElement.dir = rightToLeft.has(language) ? 'rtl' : 'ltr';
  const messages: Messages = { ...core };
  let pages: Promise<void> | undefined;
  loadPageMessages = () => {
    // Nothing is rendered again: what needs these texts is shown after them (`ui/lazy-page.ts`).
    pages ??= loadLater().then((more) => void Object.assign(messages, more));
    arePagesShown = true;
    return pages;
  };
  if (arePagesShown) await loadPageMessages();
  return { language, locale, messages };
}

export const loadPreferredLanguage = (): Promise<LoadedLanguage> => loadLanguage(preferredLanguage());

/** @param initial what `loadPreferredLanguage` has loaded */
export function I18nProvider({ initial, children }: { initial: LoadedLanguage; children: ReactNode }) {
  const [loaded, setLoaded] = useState(initial);
  const value = useMemo<I18n>(() => {
    const { language, locale, messages } = loaded;
    const t = createTranslate(messages, locale);
    const setLanguage = (next: Language) => {
      localStorage.setItem(key, next);
      void loadLanguage(next).then(setLoaded);
    };
    return { ...createFormats(locale, t), t, language, locale, setLanguage };
  }, [loaded]);
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (value === null) throw new Error('There is no I18nProvider');
  return value;
}
