import { useCallback, useEffect, useState } from 'react';
import { useErrorText } from './error-text.ts';

/** Something that the server has: what was loaded, and the error if that failed. */
export function useLoad<T>(load: () => Promise<T>, dependencies: readonly unknown[]) {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState('');
  const errorText = useErrorText();
  const reload = useCallback(async () => {
    try {
      setValue(await load());
      setError('');
    } catch (failure) {
      setError(errorText(failure));
    }
  }, dependencies);
  useEffect(() => {
    void reload();
  }, [reload]);
  return { value, error, reload };
}
