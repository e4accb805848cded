import { createStore } from '../model/store.ts';

export interface Toast {
  id: number;
  text: string;
  /** A quiet one is read out only. */
  tone: 'plain' | 'error' | 'quiet';
  /** What takes the change back. */
  undo?: (() => void) | undefined;
}

const store = createStore<readonly Toast[]>([]);
const shownMs = 6_000;
/** More would cover the list. */
const maxToasts = 3;
let lastId = 0;

/** Short messages about what has just changed. They are read out too. */
export const toasts = {
  get: store.get,
  subscribe: store.subscribe,
  dismiss: (id: number) => store.set(store.get().filter((toast) => toast.id !== id)),
};

export function announce(
  text: string,
  { undo, tone = 'plain' }: { undo?: () => void; tone?: Toast['tone'] } = {},
): void {
  lastId += 1;
  const toast = { id: lastId, text, tone, undo };
  store.set([...store.get(), toast].slice(-maxToasts));
  setTimeout(() => toasts.dismiss(toast.id), shownMs);
}
