import type { Duly } from '@duly/client';
import { type FormEvent, useEffect, useState } from 'react';
import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { textOf, useSubmit } from '../auth/use-submit.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Link } from '../routing/router.tsx';
import { useSession } from '../session/session.tsx';
import { Section } from '../settings/section.tsx';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { LinkToSend } from './link-to-send.tsx';

type User = Awaited<ReturnType<Duly['admin']['listUsers']>>['data'][number];

const limit = 50;

export function Users() {
  const { t } = useI18n();
  const { duly } = useSession();
  const errorText = useErrorText();
  const [search, setSearch] = useState('');
  const [users, setUsers] = useState<readonly User[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState('');
  const load = async (text: string, after: string | null) => {
    try {
      const page = await duly.admin.listUsers({
        limit,
        ...(text !== '' && { search: text }),
        ...(after !== null && { after }),
      });
      setUsers((last) => (after === null ? page.data : [...(last ?? []), ...page.data]));
      setNext(page.next_after);
    } catch (failure) {
      setError(errorText(failure));
    }
  };
  useEffect(() => {
    void load('', null);
  }, []);
  const onSearch = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void load(search.trim(), null);
  };
  return (
    <>
      <Section title={t('admin.users')}>
        <form className="inline-form" onSubmit={onSearch}>
          <Field
            label={t('admin.searchUsers')}
            type="search"
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
          <button type="submit" className="button">
            {t('nav.search')}
          </button>
        </form>
        <FormError>{error}</FormError>
        {users === null && error === '' && <span className="skeleton skeleton-row" />}
        <ul>
          {users?.map((user) => (
            <UserRow key={user.id} user={user} />
          ))}
        </ul>
        {next !== null && (
          <button type="button" className="button" onClick={() => void load(search.trim(), next)}>
            {t('more')}
          </button>
        )}
      </Section>
      <NewUser onMade={() => void load('', null)} />
    </>
  );
}

function UserRow({ user }: { user: User }) {
  const { t, instant } = useI18n();
  const facts = [
    user.role === 'admin' ? t('admin.isAdmin') : '',
    user.banned_at === null ? '' : t('admin.isBanned'),
    t('admin.since', { date: instant(user.created_at) }),
  ];
  return (
    <li className="plain-row">
      <Icon name={user.role === 'admin' ? 'shield' : 'user'} size={18} />
      <span className="plain-text">
        <Link href={`/admin/users/${encodeURIComponent(user.id)}`}>{user.email ?? user.id}</Link>
        <span className="plain-note">{facts.filter(Boolean).join(' · ')}</span>
      </span>
    </li>
  );
}

/** An account without a password yet: its link sets one. */
function NewUser({ onMade }: { onMade: () => void }) {
  const { t } = useI18n();
  const { duly } = useSession();
  const [url, setUrl] = useState<string | null>(null);
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    const { link } = await duly.admin.createUser({ email: textOf(data, 'email') });
    setUrl(link.url);
    onMade();
  });
  return (
    <Section title={t('admin.newUser')} text={t('admin.newUserText')}>
      <form className="inline-form" onSubmit={onSubmit}>
        <Field label={t('email')} name="email" type="email" required autoComplete="off" />
        <button type="submit" className="button" disabled={isBusy}>
          {t('admin.create')}
        </button>
      </form>
      <FormError>{error}</FormError>
      {url !== null && <LinkToSend url={url} />}
    </Section>
  );
}
