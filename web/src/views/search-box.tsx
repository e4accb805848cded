'use client';
import { useI18n } from '../i18n/i18n.tsx';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { Icon } from '../ui/icon.tsx';

/** Searches as somebody types; the URL has the text. */
export function SearchBox({ text }: { text: string }) {
  const { t } = useI18n();
  return (
    <search className="search-box">
      <Icon name="search" />
      <input
        type="search"
        className="search-input"
        aria-label={t('nav.search')}
        placeholder={t('search.placeholder')}
        defaultValue={text}
        // biome-ignore lint/a11y/noAutofocus: the page is for searching
        autoFocus
        onChange={(event) => navigate(paths.search(event.target.value), { replace: true })}
      />
    </search>
  );
}
