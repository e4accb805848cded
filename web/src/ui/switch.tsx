import { useId } from 'react';

interface SwitchProps {
  label: string;
  /** What its state means. */
  note: string;
  isOn: boolean;
  isDisabled: boolean;
  onChange: (isOn: boolean) => void;
}

export function Switch({ label, note, isOn, isDisabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="switch-row">
      <label htmlFor={id} className="switch-label">
        {label}
      </label>
      <input
        id={id}
        type="checkbox"
        role="switch"
        className="switch"
        checked={isOn}
        aria-checked={isOn}
        disabled={isDisabled}
        aria-describedby={`${id}-note`}
        onChange={({ target }) => onChange(target.checked)}
      />
      <p id={`${id}-note`} className="field-hint" role="status">
        {note}
      </p>
    </div>
  );
}
