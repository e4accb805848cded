import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { textOf, useSubmit } from '../auth/use-submit.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { confirm } from '../ui/ask.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';

/** A change of a tag changes all its tasks at once, which the server does. */
export function TagDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { t } = useI18n();
  const { duly, offline } = useSession();
  const errorText = useErrorText();
  const { onSubmit, isBusy, error } = useSubmit(async (data) => {
    const next = textOf(data, 'name').trim();
    if (next === '') return;
    await offline.sync();
    await duly.tags.rename(name, { name: next });
    await offline.sync();
    onClose();
    navigate(paths.tag(next));
  });
  const remove = async () => {
    if (!(await confirm('tag', { name }))) return;
    try {
      await offline.sync();
      await duly.tags.delete(name);
      await offline.sync();
      onClose();
      navigate('/today');
    } catch (failure) {
      announce(errorText(failure), { tone: 'error' });
    }
  };
  return (
    <Dialog title={t('tag.edit')} onClose={onClose}>
      <form className="form" onSubmit={onSubmit}>
        <Field
          label={t('name')}
          name="name"
          defaultValue={name}
          required
          maxLength={50}
          hint={t('tag.mergeHint')}
          data-autofocus
        />
        <FormError>{error}</FormError>
        <div className="dialog-actions">
          <button type="button" className="button button-danger" onClick={() => void remove()}>
            {t('delete')}
          </button>
          <button type="submit" className="button button-primary" disabled={isBusy}>
            {t('save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
