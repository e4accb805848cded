import { useI18n } from '../i18n/i18n.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { shortcuts } from './shortcuts.ts';

const isMac = navigator.platform.startsWith('Mac');
const keyName = (key: string): string =>
  key === 'mod' ? (isMac ? '⌘' : 'Ctrl') : key.length === 1 ? key.toUpperCase() : key;

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog title={t('shortcut.help')} onClose={onClose}>
      <dl className="shortcut-list">
        {shortcuts.map(({ keys, text }) => (
          <div key={keys}>
            <dt>{t(text)}</dt>
            <dd>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{keyName(key)}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
