import { FormError } from '../auth/form-parts.tsx';
import { useLoad } from '../auth/use-load.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { Section } from '../settings/section.tsx';

/** Which features are on, and for how many users. The settings of the service decide that. */
export function Flags() {
  const { t } = useI18n();
  const { duly } = useSession();
  const { value, error } = useLoad(() => duly.admin.listFlags(), [duly]);
  return (
    <Section title={t('admin.flags')} text={t('flags.text')}>
      <FormError>{error}</FormError>
      {value === null && error === '' && <span className="skeleton skeleton-row" />}
      <ul>
        {value?.map((flag) => (
          <Flag key={flag.name} {...flag} />
        ))}
      </ul>
    </Section>
  );
}

interface FlagProps {
  name: string;
  description: string;
  percent: number;
  default_percent: number;
  needs: string | null;
  expires: string;
}

function Flag({ name, description, percent, default_percent, needs, expires }: FlagProps) {
  const { t, longDay } = useI18n();
  const facts = [
    percent === default_percent ? '' : t('flags.default', { percent: default_percent }),
    needs === null ? '' : t('flags.needs', { name: needs }),
    t('flags.expires', { date: longDay(expires, '') }),
  ];
  const isOn = percent > 0;
  return (
    <li className="plain-row">
      <span className="plain-text">
        <code>{name}</code>
        {/* The service has its descriptions in English. */}
        <span lang="en" className="plain-note">
          {description}
        </span>
        <span className="plain-note">{facts.filter(Boolean).join(' · ')}</span>
      </span>
      <span className={isOn ? 'state state-on' : 'state'}>
        {percent === 100 ? t('flags.on') : isOn ? t('flags.share', { percent }) : t('flags.off')}
      </span>
    </li>
  );
}
