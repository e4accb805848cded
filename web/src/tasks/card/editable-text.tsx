'use client';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';

interface EditableTextProps {
  label: string;
  value: string;
  maxLength: number;
  className: string;
  placeholder?: string;
  isSingleLine?: boolean;
  autoFocus?: boolean;
  onSave: (text: string) => void;
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
  const [draft, setDraft] = useState<string | null>(null);
  const element = useRef<HTMLTextAreaElement>(null);
  const latest = useRef({ draft, value, onSave });
  latest.current = { draft, value, onSave };

  const save = () => {
    const { draft: text, value: old, onSave: store } = latest.current;
    if (text !== null && text.trim() !== old) store(text.trim());
    latest.current.draft = null;
    setDraft(null);
  };
  useEffect(() => {
    if (!autoFocus || element.current === null) return;
    const { length } = element.current.value;
    element.current.focus({ preventScroll: true });
    element.current.setSelectionRange(length, length);
  }, [autoFocus]);
  // A card that is closed by other means than leaving the field.
  useEffect(
    () => () => {
      const { draft: text, value: old, onSave: store } = latest.current;
      if (text !== null && text.trim() !== old) store(text.trim());
    },
    [],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isSingleLine || event.key !== 'Enter') return;
    event.preventDefault();
    save();
  };
  return (
    <textarea
      ref={element}
      className={`editable ${className}`}
      aria-label={label}
      rows={1}
      value={draft ?? value}
      onChange={(event) =>
        setDraft(isSingleLine ? event.target.value.replaceAll('\n', ' ') : event.target.value)
      }
      onBlur={save}
      onKeyDown={onKeyDown}
      {...field}
    />
  );
}
