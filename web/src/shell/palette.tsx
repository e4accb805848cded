import { useOffline } from '@duly/client/react';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { contains, fold } from '../model/filter.ts';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { useSession } from '../session/session.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { pathOfTask } from './open-task.ts';
import { openQuickAdd, panel } from './panels.ts';

interface Command {
  id: string;
  text: string;
  icon: IconName;
  run: () => void;
}

const maxTasks = 8;

/** Every place of the app that can be named. */
function useCommands(): Command[] {
  const { t } = useI18n();
  const { offline } = useSession();
  const places = useOffline(offline, ({ projects, views, tags }) => [
    ...projects
      .all()
      .map(({ id, name }) => ({ id, text: name, icon: 'folder' as const, path: paths.project(id) })),
    ...views.all().map(({ id, name }) => ({ id, text: name, icon: 'filter' as const, path: paths.view(id) })),
    ...tags.all().map(({ name }) => ({
      id: `tag ${name}`,
      text: `@${name}`,
      icon: 'tag' as const,
      path: paths.tag(name),
    })),
  ]);
  return useMemo(() => {
    const go = (text: string, icon: IconName, path: string, id = path): Command => ({
      id,
      text,
      icon,
      run: () => navigate(path),
    });
    return [
      {
        id: 'add',
        text: t('quickAdd.title'),
        icon: 'add',
        run: openQuickAdd,
      },
      go(t('nav.today'), 'sun', '/today'),
      go(t('nav.upcoming'), 'upcoming', '/upcoming'),
      go(t('nav.inbox'), 'inbox', '/inbox'),
      go(t('nav.completed'), 'done', '/completed'),
      go(t('nav.charts'), 'chart', '/charts'),
      go(t('nav.trash'), 'trash', '/trash'),
      ...places.map(({ text, icon, path, id }) => go(text, icon, path, id)),
      {
        id: 'project',
        text: t('project.new'),
        icon: 'folder',
        run: () => panel.set({ name: 'project', id: null }),
      },
      { id: 'view', text: t('view.new'), icon: 'filter', run: () => panel.set({ name: 'view', id: null }) },
      { id: 'help', text: t('shortcut.help'), icon: 'keyboard', run: () => panel.set({ name: 'shortcuts' }) },
      go(t('nav.settings'), 'settings', '/settings'),
    ];
  }, [t, places]);
}

function useResults(text: string): Command[] {
  const { t } = useI18n();
  const { offline } = useSession();
  const commands = useCommands();
  const folded = fold(text.trim());
  const tasks = useOffline(
    offline,
    (all) =>
      folded === ''
        ? []
        : all.tasks
            .all()
            .filter((task) => contains(task, folded))
            .slice(0, maxTasks),
    [folded],
  );
  if (folded === '') return commands;
  return [
    ...commands.filter((command) => fold(command.text).includes(folded)),
    ...tasks.map(
      (task): Command => ({
        id: `task ${task.id}`,
        text: task.title,
        icon: task.completed ? 'done' : 'circle',
        run: () => navigate(pathOfTask(task)),
      }),
    ),
    {
      id: 'search',
      text: t('palette.search', { text: text.trim() }),
      icon: 'search',
      run: () => navigate(paths.search(text.trim())),
    },
  ];
}

/** Finds places, commands and tasks by a part of their name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const results = useResults(text);
  const chosen = Math.min(at, results.length - 1);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const run = (command: Command | undefined) => {
    onClose();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((chosen + step + results.length) % results.length);
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(results[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('nav.palette')} className="dialog-palette" onClose={onClose}>
      <div className="palette-line">
        <Icon name="search" />
        <input
          className="palette-input"
          role="combobox"
          aria-expanded="true"
          aria-controls={id}
          aria-activedescendant={`${id}-${chosen}`}
          aria-label={t('nav.palette')}
          placeholder={t('palette.placeholder')}
          value={text}
          data-autofocus
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
        />
      </div>
      <div ref={list} id={id} className="palette-list" role="listbox" aria-label={t('nav.palette')}>
        {results.map((command, index) => (
          <div
            key={command.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="palette-item"
            onClick={() => run(command)}
            onKeyDown={onKeyDown}
          >
            <Icon name={command.icon} size={18} />
            <span className="palette-text">{command.text}</span>
          </div>
        ))}
      </div>
    </Dialog>
  );
}
