import type { MessageKey } from '../i18n/i18n.tsx';
import { createStore } from '../model/store.ts';

type Values = Readonly<Record<string, string | number>>;
/** What a person confirms: `confirm.NAME.title`, `.text` and `.action` are its texts. */
type Confirmation =
  Extract<MessageKey, `confirm.${string}.title`> extends `confirm.${infer Name}.title` ? Name : never;

export type Question =
  | { kind: 'confirm'; about: Confirmation; values: Values; answer(isSure: boolean): void }
  | { kind: 'name'; title: MessageKey; label: MessageKey; value: string; answer(name: string | null): void };

const store = createStore<Question | null>(null);
/** The question that is open, for the dialog that asks it (`ask-dialog.tsx`). */
export const question = { get: store.get, subscribe: store.subscribe };

/** @returns whether the person is sure */
export const confirm = (about: Confirmation, values: Values = {}): Promise<boolean> =>
  new Promise((resolve) => {
    const answer = (isSure: boolean) => {
      store.set(null);
      resolve(isSure);
    };
    store.set({ kind: 'confirm', about, values, answer });
  });

/** @returns the name without spaces around it; null: none was given */
export const askName = (title: MessageKey, label: MessageKey, value = ''): Promise<string | null> =>
  new Promise((resolve) => {
    const answer = (name: string | null) => {
      store.set(null);
      resolve(name?.trim() || null);
    };
    store.set({ kind: 'name', title, label, value, answer });
  });
