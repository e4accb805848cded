import { type Language, languages, useI18n } from '../i18n/i18n.tsx';
import { Menu } from './menu.tsx';

const codes = Object.keys(languages) as Language[];

export function LanguageMenu() {
  const { t, language, setLanguage } = useI18n();
  return (
    <Menu
      label={languages[language].name}
      name={`${t('language')}: ${languages[language].name}`}
      className="button button-quiet"
      items={codes.map((code) => ({
        id: code,
        text: languages[code].name,
        isChosen: code === language,
        run: () => setLanguage(code),
      }))}
    />
  );
}
