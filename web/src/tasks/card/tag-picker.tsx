import type { Task } from '@duly/client';
import { useOffline } from '@duly/client/react';
import { type KeyboardEvent, useState } from 'react';
import { useI18n } from '../../i18n/i18n.tsx';
import { useTaskActions } from '../../model/use-actions.ts';
import { useSession } from '../../session/session.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Popover } from '../../ui/popover.tsx';

const maxTags = 20;

export function TagPicker({ task }: { task: Task }) {
  const { t } = useI18n();
  const text = task.tags.length === 0 ? t('tag.none') : task.tags.map((tag) => `@${tag}`).join(' ');
  return (
    <Popover
      className={task.tags.length === 0 ? 'field-chip field-chip-empty' : 'field-chip'}
      name={`${t('tag.label')}: ${text}`}
      label={
        <>
          <Icon name="tag" size={16} />
          <span className="one-line">{text}</span>
        </>
      }
    >
      {() => <TagPanel task={task} />}
    </Popover>
  );
}

function TagPanel({ task }: { task: Task }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { update } = useTaskActions();
  const [text, setText] = useState('');
  // As the app shows a tag, and as quick add reads it.
  const written = text.trim().replace(/^@/, '');
  const known = useOffline(offline, (all) => all.tags.all().map(({ name }) => name));
  const names = [...new Set([...task.tags, ...known])].filter((name) =>
    name.toLowerCase().includes(written.toLowerCase()),
  );
  const toggle = (name: string) => {
    const has = task.tags.includes(name);
    if (!has && task.tags.length >= maxTags) return;
    void update(task, { tags: has ? task.tags.filter((tag) => tag !== name) : [...task.tags, name] });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || written === '') return;
    event.preventDefault();
    if (!task.tags.includes(written)) toggle(written);
    setText('');
  };
  return (
    <div className="tag-panel">
      <input
        className="input"
        aria-label={t('tag.add')}
        placeholder={t('tag.add')}
        value={text}
        maxLength={50}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ul className="tag-choices">
        {names.map((name) => (
          <li key={name}>
            <label className="choice">
              <input type="checkbox" checked={task.tags.includes(name)} onChange={() => toggle(name)} />
              {name}
            </label>
          </li>
        ))}
      </ul>
      {written !== '' && !names.includes(written) && (
        <p className="field-hint">{t('tag.addHint', { name: written })}</p>
      )}
    </div>
  );
}
