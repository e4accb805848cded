import { useRepeatWords } from '../i18n/repeat-words.ts';
import { Icon } from '../ui/icon.tsx';

/** That a task repeats, and how. */
export function RepeatMark({ rule }: { rule: string }) {
  const words = useRepeatWords()(rule);
  return (
    <span className="meta-item" title={words}>
      <Icon name="repeat" size={14} />
      <span className="visually-hidden">{words}</span>
    </span>
  );
}
