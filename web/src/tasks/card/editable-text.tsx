import { type KeyboardEvent, useEffect, useRef, useState } from 'react';

interface EditableTextProps {
  label: string;
  value: string;
  maxLength: number;
  className: string;
  placeholder?: string;
  isSingleLine?: boolean;
  autoFocus?: boolean;
  /** @param seen the value when the editing began; others may have changed it since */
  onSave: (text: string, seen: string) => void;
}

/**
 * A text that is saved when it is left. While nobody edits it, it shows what others write; a text that somebody edits
 * stays theirs.
 */
export function EditableText({
  label,
  value,
  className,
  isSingleLine = false,
  autoFocus = false,
  onSave,
  ...field
}: EditableTextProps) {
  const [draft, setDraft] = useState<{ text: string; seen: string } | null>(null);
  const element = useRef<HTMLTextAreaElement>(null);
  const latest = useRef({ draft, value, onSave });
  latest.current = { draft, value, onSave };

  const store = () => {
    const { draft: edited, value: current, onSave: save } = latest.current;
    if (edited !== null && edited.text.trim() !== current) save(edited.text.trim(), edited.seen);
    latest.current.draft = null;
  };
  const finish = () => {
    store();
    setDraft(null);
  };
  useEffect(() => {
    if (!autoFocus || element.current === null) return;
    const { length } = element.current.value;
    element.current.focus({ preventScroll: true });
    element.current.setSelectionRange(length, length);
  }, [autoFocus]);
  // A card that is closed by other means than leaving the field.
  const atEnd = useRef(store);
  atEnd.current = store;
  useEffect(() => () => atEnd.current(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isSingleLine || event.key !== 'Enter') return;
    event.preventDefault();
    finish();
  };
  return (
    <textarea
      ref={element}
      className={`editable ${className}`}
      aria-label={label}
      rows={1}
      value={draft?.text ?? value}
      onChange={({ target }) => {
        const text = isSingleLine ? target.value.replaceAll('\n', ' ') : target.value;
        setDraft({ text, seen: draft?.seen ?? value });
      }}
      onBlur={finish}
      onKeyDown={onKeyDown}
      {...field}
    />
  );
}
