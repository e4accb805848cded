import { type ReactNode, useEffect, useRef } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { LanguageMenu } from '../ui/language-menu.tsx';
import { Logo } from '../ui/logo.tsx';

/** What the pages of people who are not signed in share. */
export function AuthFrame({
  title,
  intro,
  children,
}: {
  title: string;
  intro?: string;
  children: ReactNode;
}) {
  const { t } = useI18n();
  const main = useRef<HTMLElement>(null);
  // Where a keyboard is at hand; on a phone the keyboard would cover half of the page.
  useEffect(() => {
    if (window.matchMedia('(pointer: fine)').matches)
      main.current?.querySelector<HTMLInputElement>('input:not([readonly])')?.focus();
  }, []);
  return (
    <div className="auth">
      <main className="auth-main" ref={main}>
        <div className="auth-card">
          <Logo />
          <h1>{title}</h1>
          {intro && <p className="auth-intro">{intro}</p>}
          {children}
        </div>
      </main>
      <aside className="auth-aside">
        <p className="auth-claim">{t('auth.claim')}</p>
        <ul className="auth-points">
          <li>{t('auth.point1')}</li>
          <li>{t('auth.point2')}</li>
          <li>{t('auth.point3')}</li>
        </ul>
      </aside>
      <footer className="auth-footer">
        <LanguageMenu />
      </footer>
    </div>
  );
}
