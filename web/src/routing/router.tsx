import { type AnchorHTMLAttributes, type MouseEvent, useMemo, useSyncExternalStore } from 'react';
import { parseRoute, type Route } from './routes.ts';

// The app has one page, and the router of Next.js leaves entries of the history alone that have another state than its
// own.
const write = (method: 'pushState' | 'replaceState', url: string) => window.history[method]({}, '', url);

const listeners = new Set<() => void>();
const notify = () => {
  for (const listener of [...listeners]) listener();
};

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener('popstate', notify);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener('popstate', notify);
  };
}

const currentUrl = () => window.location.pathname + window.location.search;

export function navigate(url: string, { replace = false } = {}): void {
  if (url !== currentUrl() + window.location.hash) write(replace ? 'replaceState' : 'pushState', url);
  notify();
}

/** The same URL with another value of one parameter; null takes it away. It is no new entry of the history. */
export function setParam(name: string, value: string | null): void {
  const url = new URL(window.location.href);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  navigate(url.pathname + url.search, { replace: true });
}

/** The path and query of the URL; the empty text while the page is made on the server. */
export const useUrl = (): string => useSyncExternalStore(subscribe, currentUrl, () => '');

export function useRoute(): Route {
  const url = useUrl();
  return useMemo(() => {
    const [pathname = '', search = ''] = url.split('?', 2);
    return parseRoute(pathname, search);
  }, [url]);
}

export function useParam(name: string): string | null {
  const url = useUrl();
  return useMemo(() => new URLSearchParams(url.split('?')[1] ?? '').get(name), [url, name]);
}

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string;
}

/** A link within the app. With a key or another button it is the browser's, as everywhere. */
export function Link({ href, onClick, ...props }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...props} />;
}
