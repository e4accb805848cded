import type { ReactNode } from 'react';

/** A part of the settings. */
export function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <section className="settings-section">
      <h2>{title}</h2>
      {text && <p className="field-hint">{text}</p>}
      {children}
    </section>
  );
}
