import { useLayoutEffect, useRef } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { searchInputId } from '../shell/shortcuts.ts';
import { Icon } from '../ui/icon.tsx';

/** Searches as somebody types; the URL has the text. */
export function SearchBox({ text }: { text: string }) {
  const { t } = useI18n();
  const input = useRef<HTMLInputElement>(null);
  const written = useRef(text);
  // Another search, that the palette or a link has begun. At once, before the next key.
  useLayoutEffect(() => {
    if (input.current !== null && written.current !== text) input.current.value = text;
    written.current = text;
  }, [text]);
  return (
    <search className="search-box">
      <Icon name="search" />
      <input
        ref={input}
        id={searchInputId}
        type="search"
        className="search-input"
        aria-label={t('nav.search')}
        placeholder={t('search.placeholder')}
        defaultValue={text}
        // biome-ignore lint/a11y/noAutofocus: the page is for searching
        autoFocus
        onChange={({ target }) => {
          written.current = target.value;
          navigate(paths.search(target.value), { replace: true });
        }}
      />
    </search>
  );
}
