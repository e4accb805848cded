import { type ChangeEvent, useState } from 'react';
import { useErrorText } from '../auth/error-text.ts';
import { FormError } from '../auth/form-parts.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { Section } from './section.tsx';
import { exportFile, type ImportReport, importFile } from './transfer.ts';

const formats = ['json', 'csv', 'ics'] as const;

export function DataSettings() {
  return (
    <>
      <Export />
      <Import />
    </>
  );
}

function Export() {
  const { t } = useI18n();
  const session = useSession();
  const errorText = useErrorText();
  const save = (format: (typeof formats)[number]) =>
    exportFile(session, format).catch((error: unknown) => announce(errorText(error), { tone: 'error' }));
  return (
    <Section title={t('data.export')} text={t('data.exportText')}>
      <div className="button-row">
        {formats.map((format) => (
          <button key={format} type="button" className="button" onClick={() => void save(format)}>
            {t(`data.export.${format}`)}
          </button>
        ))}
      </div>
    </Section>
  );
}

/** First says what a file would bring, then brings it. */
function Import() {
  const { t } = useI18n();
  const session = useSession();
  const errorText = useErrorText();
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const [error, setError] = useState('');
  const [round, setRound] = useState(0);
  const run = async (chosen: File, isDryRun: boolean) => {
    setError('');
    try {
      const result = await importFile(chosen, isDryRun);
      setReport(isDryRun ? result : null);
      if (isDryRun) return;
      setFile(null);
      // An empty field, in which the same file can be chosen again.
      setRound((count) => count + 1);
      announce(t('data.imported', { count: result.created }));
      await session.offline.sync();
    } catch (failure) {
      setReport(null);
      setError(errorText(failure));
    }
  };
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const [chosen] = event.target.files ?? [];
    setFile(chosen ?? null);
    if (chosen) void run(chosen, true);
  };
  return (
    <Section title={t('data.import')} text={t('data.importText')}>
      <label className="file-field">
        <span>{t('data.file')}</span>
        <input
          key={round}
          type="file"
          className="input"
          accept=".json,.csv,.ics,.txt,.zip"
          onChange={choose}
        />
      </label>
      <FormError>{error}</FormError>
      {report !== null && file !== null && (
        <div className="notice" role="status">
          <p>{t('data.preview', { count: report.created, format: report.format })}</p>
          {report.notes.map((note) => (
            <p key={note} className="field-hint">
              {note}
            </p>
          ))}
          <button type="button" className="button button-primary" onClick={() => void run(file, false)}>
            {t('data.importNow')}
          </button>
        </div>
      )}
    </Section>
  );
}
