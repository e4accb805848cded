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
  const { update } = useTaskActions();
  const change: TagPanelProps['onChange'] = (tasks, changeOf) => {
    for (const one of tasks) void update(one, changeOf(one));
  };
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
      {() => <TagPanel tasks={[task]} onChange={change} />}
    </Popover>
  );
}

interface TagPanelProps {
  tasks: readonly Task[];
  /** Changes those of the tasks that it gets. */
  onChange: (tasks: readonly Task[], changeOf: (task: Task) => { tags: string[] }) => void;
}

/** Tags of one task, or of several: what only some have can be given to all. */
export function TagPanel({ tasks, onChange }: TagPanelProps) {
  const { t } = useI18n();
  const { offline } = useSession();
  const [text, setText] = useState('');
  // As the app shows a tag, and as quick add reads it.
  const written = text.trim().replace(/^@/, '');
  const known = useOffline(offline, (all) => all.tags.all().map(({ name }) => name));
  const names = [...new Set([...tasks.flatMap(({ tags }) => tags), ...known])].filter((name) =>
    name.toLowerCase().includes(written.toLowerCase()),
  );
  const have = (name: string) => tasks.filter(({ tags }) => tags.includes(name));
  const isOfAll = (name: string) => have(name).length === tasks.length;
  const add = (name: string) => {
    const lacking = tasks.filter(({ tags }) => !tags.includes(name) && tags.length < maxTags);
    if (lacking.length > 0) onChange(lacking, ({ tags }) => ({ tags: [...tags, name] }));
  };
  const toggle = (name: string) => {
    if (!isOfAll(name)) add(name);
    else onChange(tasks, ({ tags }) => ({ tags: tags.filter((tag) => tag !== name) }));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || written === '') return;
    event.preventDefault();
    add(written);
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
              <input
                type="checkbox"
                checked={isOfAll(name)}
                ref={(box) => {
                  if (box !== null) box.indeterminate = !isOfAll(name) && have(name).length > 0;
                }}
                onChange={() => toggle(name)}
              />
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
