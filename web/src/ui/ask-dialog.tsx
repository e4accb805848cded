import { type FormEvent, useId } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import type { Question } from './ask.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

const maxNameLength = 100;

/** Asks one question of `ask.ts`. Escape, and a click beside it, are a no. */
export function AskDialog({ open }: { open: Question }) {
  return open.kind === 'confirm' ? <Confirm open={open} /> : <AskName open={open} />;
}

function Confirm({ open }: { open: Extract<Question, { kind: 'confirm' }> }) {
  const { t } = useI18n();
  const id = useId();
  const { about, values, answer } = open;
  return (
    <Dialog
      title={t(`confirm.${about}.title`, values)}
      describedBy={id}
      isAlert
      onClose={() => answer(false)}
    >
      <p id={id} className="dialog-text">
        {t(`confirm.${about}.text`, values)}
      </p>
      <div className="dialog-actions">
        {/* What cannot be taken back is not what Enter does. */}
        <button type="button" className="button" data-autofocus onClick={() => answer(false)}>
          {t('cancel')}
        </button>
        <button type="button" className="button button-danger-filled" onClick={() => answer(true)}>
          {t(`confirm.${about}.action`)}
        </button>
      </div>
    </Dialog>
  );
}

function AskName({ open }: { open: Extract<Question, { kind: 'name' }> }) {
  const { t } = useI18n();
  const { title, label, value, answer } = open;
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    answer(String(new FormData(event.currentTarget).get('name')));
  };
  return (
    <Dialog title={t(title)} onClose={() => answer(null)}>
      <form className="form" onSubmit={onSubmit}>
        <Field
          label={t(label)}
          name="name"
          defaultValue={value}
          maxLength={maxNameLength}
          required
          autoComplete="off"
          data-autofocus
        />
        <div className="dialog-actions">
          <button type="button" className="button" onClick={() => answer(null)}>
            {t('cancel')}
          </button>
          <button type="submit" className="button button-primary">
            {t('save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
