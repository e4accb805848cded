import { useEffect } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { AuditLog } from './audit-log.tsx';
import { Flags } from './flags.tsx';
import { Invitations } from './invitations.tsx';
import { ServiceLock } from './service-lock.tsx';
import { UserPage } from './user-page.tsx';
import { Users } from './users.tsx';

const pages = ['users', 'invitations', 'flags', 'audit', 'lock'] as const;

/** For admins of the service. The server refuses everybody else. */
export function Admin({ page, id }: { page: string; id: string | undefined }) {
  const { t } = useI18n();
  const current = pages.find((one) => one === page) ?? 'users';
  useEffect(() => {
    document.title = `${t('nav.admin')} · Duly`;
  }, [t]);
  return (
    <div className="page">
      <header className="page-header">
        <h1>{t('nav.admin')}</h1>
      </header>
      <Tabs
        label={t('nav.admin')}
        tabs={pages.map((one) => [`/admin/${one}`, t(`admin.${one}`)] as const)}
        current={`/admin/${current}`}
      />
      {current === 'users' && (id === undefined ? <Users /> : <UserPage key={id} id={id} />)}
      {current === 'invitations' && <Invitations />}
      {current === 'flags' && <Flags />}
      {current === 'audit' && <AuditLog />}
      {current === 'lock' && <ServiceLock />}
    </div>
  );
}
