import { useState } from 'react';
import { type Language, languages, useI18n } from '../i18n/i18n.tsx';
import { SelectField } from '../ui/field.tsx';
import { Section } from './section.tsx';

const themes = ['system', 'light', 'dark'] as const;
const key = 'duly.theme';

function applyTheme(theme: string): void {
  if (theme === 'system') {
    localStorage.removeItem(key);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(key, theme);
    document.documentElement.dataset.theme = theme;
  }
}

/** Of this device: the server does not know it. */
export function Appearance() {
  const { t, language, setLanguage } = useI18n();
  const [theme, setTheme] = useState(() => localStorage.getItem(key) ?? 'system');
  return (
    <Section title={t('settings.appearance')} text={t('settings.appearanceText')}>
      <div className="form-grid">
        <SelectField
          label={t('settings.theme')}
          value={theme}
          options={themes.map((one) => [one, t(`settings.theme.${one}`)] as const)}
          onChange={(next) => {
            applyTheme(next);
            setTheme(next);
          }}
        />
        <SelectField
          label={t('language')}
          value={language}
          options={Object.entries(languages).map(([code, { name }]) => [code, name] as const)}
          onChange={(next) => setLanguage(next as Language)}
        />
      </div>
    </Section>
  );
}
