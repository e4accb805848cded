import { useOffline } from '@duly/client/react';
import { FormError } from '../auth/form-parts.tsx';
import { textOf, useSubmit } from '../auth/use-submit.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { browserZone } from '../model/days.ts';
import { useSession } from '../session/session.tsx';
import { beforeText } from '../tasks/card/reminder-text.ts';
import { announce } from '../ui/announce.ts';
import { Field } from '../ui/field.tsx';
import { Section } from './section.tsx';

const zones = Intl.supportedValuesOf('timeZone');
const minutes = [0, 5, 10, 15, 30, 60, 120, 1_440];
const numberOrNull = (text: string): number | null => (text === '' ? null : Number(text));

/** Name, zone, and what Duly does by itself. The server keeps it, so saving needs a network. */
export function ProfileForm() {
  const { t } = useI18n();
  const { duly, offline } = useSession();
  const profile = useOffline(offline, ({ profiles }) => profiles.all()[0]);
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    await duly.profile.update({
      first_name: textOf(data, 'first_name'),
      last_name: textOf(data, 'last_name'),
      time_zone: textOf(data, 'time_zone'),
      default_reminder_minutes: numberOrNull(textOf(data, 'reminder')),
      digest_hour: numberOrNull(textOf(data, 'digest')),
    });
    await offline.sync();
    announce(t('toast.saved'));
  });
  if (profile === undefined) return <span className="skeleton skeleton-row" />;
  return (
    <Section title={t('settings.profile')}>
      <form className="form" onSubmit={onSubmit} key={profile.id}>
        <div className="form-grid">
          <Field
            label={t('settings.firstName')}
            name="first_name"
            defaultValue={profile.first_name ?? ''}
            maxLength={100}
            autoComplete="given-name"
          />
          <Field
            label={t('settings.lastName')}
            name="last_name"
            defaultValue={profile.last_name ?? ''}
            maxLength={100}
            autoComplete="family-name"
          />
        </div>
        <Field
          label={t('settings.zone')}
          name="time_zone"
          defaultValue={profile.time_zone}
          list="zones"
          required
          hint={t('settings.zoneHint', { zone: browserZone() })}
        />
        <datalist id="zones">
          {zones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <div className="form-grid">
          <ReminderChoice value={profile.default_reminder_minutes} />
          <DigestChoice value={profile.digest_hour} />
        </div>
        <FormError>{error}</FormError>
        <div className="dialog-actions">
          <button type="submit" className="button button-primary" disabled={isBusy}>
            {t('save')}
          </button>
        </div>
      </form>
    </Section>
  );
}

function ReminderChoice({ value }: { value: number | null }) {
  const { t } = useI18n();
  const all = value === null || minutes.includes(value) ? minutes : [...minutes, value];
  return (
    <div className="field">
      <label htmlFor="default-reminder">{t('settings.reminder')}</label>
      <select id="default-reminder" name="reminder" className="input" defaultValue={value ?? ''}>
        <option value="">{t('settings.never')}</option>
        {all.map((count) => (
          <option key={count} value={count}>
            {beforeText(count, t)}
          </option>
        ))}
      </select>
    </div>
  );
}

function DigestChoice({ value }: { value: number | null }) {
  const { t, time } = useI18n();
  return (
    <div className="field">
      <label htmlFor="digest-hour">{t('settings.digest')}</label>
      <select id="digest-hour" name="digest" className="input" defaultValue={value ?? ''}>
        <option value="">{t('settings.never')}</option>
        {Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, '0')}:00`).map((hour) => (
          <option key={hour} value={Number(hour.slice(0, 2))}>
            {time(hour)}
          </option>
        ))}
      </select>
    </div>
  );
}
