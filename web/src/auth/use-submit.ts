import { type FormEvent, useState } from 'react';
import { useErrorText } from './error-text.ts';

/** Runs what a form does, once at a time, and keeps its error as text. */
export function useSubmit(run: (data: FormData) => Promise<void>) {
  const errorText = useErrorText();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setBusy(true);
    setError('');
    try {
      await run(data);
    } catch (failure) {
      setError(errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  return { onSubmit, isBusy, error };
}

export const textOf = (data: FormData, name: string): string => String(data.get(name) ?? '');
