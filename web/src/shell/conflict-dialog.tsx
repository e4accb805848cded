import { useState } from 'react';
import type { MessageKey } from '../i18n/i18n.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import type { OpenConflict } from '../model/conflicts.ts';
import { Dialog } from '../ui/dialog.tsx';

type Side = 'mine' | 'theirs';
type Values = Readonly<Record<string, unknown>>;

/** Both sides have changed the same fields: shows them side by side, and a person chooses for each. */
export function ConflictDialog({ open, onClose }: { open: OpenConflict; onClose: () => void }) {
  const { t } = useI18n();
  const { base, mine, theirs, fields } = open.conflict as unknown as {
    base: Values;
    mine: Values | null;
    theirs: Values;
    fields: readonly string[];
  };
  const [sides, setSides] = useState<Readonly<Record<string, Side>>>({});
  const title = String(theirs.title ?? theirs.name ?? base.title ?? '');
  const decide = () => {
    if (mine === null) open.resolve(sides.deleted ?? 'mine');
    else
      open.resolve(
        Object.fromEntries(fields.map((name) => [name, (sides[name] === 'theirs' ? theirs : mine)[name]])),
      );
    onClose();
  };
  const choose = (name: string) => (side: Side) => setSides((all) => ({ ...all, [name]: side }));
  return (
    <Dialog title={t('conflict.title', { title })} className="dialog-wide" onClose={onClose}>
      <p className="dialog-text">{mine === null ? t('conflict.deleted') : t('conflict.text')}</p>
      {mine === null ? (
        <Sides
          name="deleted"
          mine={t('conflict.delete')}
          theirs={t('conflict.keep')}
          side={sides.deleted ?? 'mine'}
          onSide={choose('deleted')}
        />
      ) : (
        fields.map((name) => (
          <FieldSides
            key={name}
            name={name}
            base={base}
            mine={mine}
            theirs={theirs}
            side={sides[name] ?? 'mine'}
            onSide={choose(name)}
          />
        ))
      )}
      <div className="dialog-actions">
        <button type="button" className="button button-primary" onClick={decide} data-autofocus>
          {t('conflict.decide')}
        </button>
      </div>
    </Dialog>
  );
}

interface FieldSidesProps {
  name: string;
  base: Values;
  mine: Values;
  theirs: Values;
  side: Side;
  onSide: (side: Side) => void;
}

function FieldSides({ name, base, mine, theirs, side, onSide }: FieldSidesProps) {
  const { t } = useI18n();
  const show = useShow();
  return (
    <div className="conflict-field">
      <h3>{fieldNames[name] === undefined ? name : t(fieldNames[name])}</h3>
      <p className="field-hint">{t('conflict.before', { value: show(base[name]) })}</p>
      <Sides name={name} mine={show(mine[name])} theirs={show(theirs[name])} side={side} onSide={onSide} />
    </div>
  );
}

const fieldNames: Partial<Record<string, MessageKey>> = {
  title: 'task.title',
  name: 'name',
  description: 'task.notes',
  due_date: 'due.label',
  due_time: 'due.time',
  priority: 'priority.label',
  tags: 'tag.label',
  project_id: 'project.label',
  recurrence: 'repeat.label',
  completed: 'conflict.completed',
};

function useShow(): (value: unknown) => string {
  const { t } = useI18n();
  return (value) => {
    if (value === null || value === undefined || value === '') return t('conflict.nothing');
    if (typeof value === 'boolean') return value ? t('yes') : t('no');
    return Array.isArray(value) ? value.join(', ') || t('conflict.nothing') : String(value);
  };
}

interface SidesProps {
  name: string;
  mine: string;
  theirs: string;
  side: Side;
  onSide: (side: Side) => void;
}

function Sides({ name, mine, theirs, side, onSide }: SidesProps) {
  const { t } = useI18n();
  return (
    <div className="sides">
      {(['mine', 'theirs'] as const).map((one) => (
        <label key={one} className="side" data-chosen={one === side}>
          <input type="radio" name={`conflict-${name}`} checked={one === side} onChange={() => onSide(one)} />
          <span className="side-name">{t(`conflict.${one}`)}</span>
          <span className="side-value">{one === 'mine' ? mine : theirs}</span>
        </label>
      ))}
    </div>
  );
}
