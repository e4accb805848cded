import type { ReactNode } from 'react';

/** Is read out when it appears. */
export function FormError({ children }: { children: ReactNode }) {
  return (
    <p className="form-error" role="alert" hidden={children === ''}>
      {children}
    </p>
  );
}

export function SubmitButton({ isBusy, children }: { isBusy: boolean; children: ReactNode }) {
  return (
    <button type="submit" className="button button-primary button-wide" disabled={isBusy} aria-busy={isBusy}>
      {children}
    </button>
  );
}
