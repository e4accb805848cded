import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  className?: string;
  /** The id of the text that says more than the title. */
  describedBy?: string;
  /** It wants an answer before anything else. */
  isAlert?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A modal dialog of the browser: it keeps the focus, and gives it back. */
export function Dialog({
  title,
  className = '',
  describedBy,
  isAlert = false,
  onClose,
  children,
}: DialogProps) {
  const { t } = useI18n();
  const dialog = useRef<HTMLDialogElement>(null);
  const isClosing = useRef(false);
  const id = useId();
  // Before the dialog is taken out of the page: one that is not there any more gives no focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    isClosing.current = false;
    element?.showModal();
    element?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      isClosing.current = true;
      element?.close();
    };
  }, []);
  // While the next panel is loaded, this one is out of sight, and may not close that one.
  const onClosed = () => {
    if (!isClosing.current && dialog.current?.open !== true) onClose();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      role={isAlert ? 'alertdialog' : undefined}
      aria-labelledby={id}
      aria-describedby={describedBy}
      onClose={onClosed}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="dialog-body">
        <header className="dialog-header">
          <h2 id={id}>{title}</h2>
          <button type="button" className="icon-button" aria-label={t('close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
