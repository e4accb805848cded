import { type ReactNode, useEffect } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { Account } from './account.tsx';
import { Appearance } from './appearance.tsx';
import { DataSettings } from './data-settings.tsx';
import { Notifications } from './notifications.tsx';
import { ProfileForm } from './profile-form.tsx';
import { Sessions } from './sessions.tsx';

const pages = ['profile', 'notifications', 'appearance', 'account', 'sessions', 'data'] as const;
type Page = (typeof pages)[number];

export function Settings({ page }: { page: string }) {
  const { t } = useI18n();
  const current: Page = pages.find((one) => one === page) ?? 'profile';
  useEffect(() => {
    document.title = `${t('nav.settings')} · Duly`;
  }, [t]);
  return (
    <div className="page">
      <header className="page-header">
        <h1>{t('nav.settings')}</h1>
      </header>
      <Tabs
        label={t('nav.settings')}
        tabs={pages.map((one) => [`/settings/${one}`, t(`settings.${one}`)] as const)}
        current={`/settings/${current}`}
      />
      {contents[current]()}
    </div>
  );
}

const contents: Record<Page, () => ReactNode> = {
  profile: () => <ProfileForm />,
  notifications: () => <Notifications />,
  appearance: () => <Appearance />,
  account: () => <Account />,
  sessions: () => <Sessions />,
  data: () => <DataSettings />,
};
