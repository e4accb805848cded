import type { Project } from '@duly/client';
import { useOffline } from '@duly/client/react';
import type { NameStart } from '@duly/quick-add';
import { type KeyboardEvent, type SyntheticEvent, useId, useRef, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { fold } from '../model/filter.ts';
import { useSession } from '../session/session.tsx';
import { Icon } from '../ui/icon.tsx';

/** Loaded with the focus. */
export type Parser = typeof import('@duly/quick-add');

interface NameChoice {
  name: string;
  /** A project that comes to be when it is chosen. */
  isNew: boolean;
}

interface NameChoicesOptions {
  /** Null: not loaded yet. */
  parser: Parser | null;
  text: string;
  projects: readonly Project[];
  onText: (text: string) => void;
}

const maxChoices = 6;

/**
 * Completes the name of a project or tag before the caret: a combobox with a list of options (ARIA APG, "Combobox").
 * While a known name is typed in part, the first option is active. Otherwise Enter adds the task: after a whole name, a
 * sigil alone, or a name that no project has yet.
 */
export function useNameChoices({ parser, text, projects, onText }: NameChoicesOptions) {
  const id = useId();
  const { offline } = useSession();
  const tags = useOffline(offline, (all) => all.tags.all());
  const input = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState(0);
  const start = parser?.findNameStart(text.slice(0, caret)) ?? null;
  const named = start?.sigil === '#' ? projects : tags;
  const choices =
    parser === null || start === null
      ? []
      : choicesFor(start, named).filter(({ name }) => parser.writeName(start.sigil, name) !== null);
  const isWhole = choices.some(({ name, isNew }) => !isNew && fold(name) === fold(start?.typed ?? ''));
  const goesOn = start?.typed !== '' && choices[0]?.isNew === false && !isWhole;
  const list = useActiveOption(JSON.stringify(start), choices.length, goesOn ? 0 : -1);

  const creation = useRef<Promise<unknown>>(Promise.resolve());
  const choose = ({ name, isNew }: NameChoice) => {
    if (parser === null || start === null) return;
    // Without it, the name stays in the title.
    if (isNew) creation.current = offline.projects.create({ name }).catch(() => undefined);
    input.current?.setRangeText(`${parser.writeName(start.sigil, name)} `, start.start, caret, 'end');
    onText(input.current?.value ?? text);
    setCaret(input.current?.selectionStart ?? 0);
  };

  return {
    /** Properties of the input. */
    input: {
      ref: input,
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': list.isOpen,
      'aria-controls': list.isOpen ? id : undefined,
      'aria-activedescendant': list.isOpen && list.active >= 0 ? `${id}-${list.active}` : undefined,
      onBlur: list.close,
      onSelect: (event: SyntheticEvent<HTMLInputElement>) =>
        setCaret(event.currentTarget.selectionStart ?? 0),
    } as const,
    /** Resolves when the project that was chosen last is there. */
    settled: () => creation.current,
    /** @returns whether the key was meant for the list */
    onKeyDown(event: KeyboardEvent): boolean {
      const choice = choices[list.active];
      const isChosen = event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey);
      if (!list.isOpen || event.nativeEvent.isComposing) return false;
      if (isChosen && choice !== undefined) choose(choice);
      else if (!list.onKey(event.key)) return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    list: list.isOpen && (
      <NameChoiceList
        id={id}
        isOfProjects={start?.sigil === '#'}
        choices={choices}
        active={list.active}
        onChoose={choose}
      />
    ),
  };
}

/** @param key what the options are for: for another one, the list is open again, and `first` is active */
function useActiveOption(key: string, count: number, first: number) {
  const [closed, setClosed] = useState('');
  const [moved, setMoved] = useState({ key: '', to: 0 });
  const active = moved.key === key ? moved.to : first;
  return {
    active,
    isOpen: count > 0 && closed !== key,
    close: () => setClosed(key),
    /** @returns whether it was a key of the list */
    onKey(name: string): boolean {
      if (name === 'Escape') setClosed(key);
      else if (name === 'ArrowDown') setMoved({ key, to: (active + 1) % count });
      else if (name === 'ArrowUp') setMoved({ key, to: (Math.max(active, 0) - 1 + count) % count });
      else return false;
      return true;
    },
  };
}

function choicesFor({ sigil, typed }: NameStart, named: readonly { name: string }[]): NameChoice[] {
  const folded = fold(typed);
  const begins = ({ name }: { name: string }) => fold(name).startsWith(folded);
  const found = named.filter(({ name }) => fold(name).includes(folded));
  const sorted = [...found.filter(begins), ...found.filter((one) => !begins(one))].slice(0, maxChoices);
  const known = sorted.map(({ name }) => ({ name, isNew: false }));
  const isNew = sigil === '#' && typed.trim() !== '' && !known.some(({ name }) => fold(name) === folded);
  return isNew ? [...known, { name: typed.trim(), isNew }] : known;
}

interface NameChoiceListProps {
  id: string;
  isOfProjects: boolean;
  choices: readonly NameChoice[];
  active: number;
  onChoose: (choice: NameChoice) => void;
}

function NameChoiceList({ id, isOfProjects, choices, active, onChoose }: NameChoiceListProps) {
  const { t } = useI18n();
  return (
    <div
      id={id}
      className="popover popover-start"
      role="listbox"
      aria-label={isOfProjects ? t('nav.projects') : t('nav.tags')}
    >
      {choices.map((choice, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the keys
        <div
          key={`${choice.name} ${choice.isNew}`}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          className="palette-item"
          // The focus stays in the input.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(choice)}
        >
          <Icon name={choice.isNew ? 'add' : isOfProjects ? 'folder' : 'tag'} size={18} />
          <span className="palette-text">
            {choice.isNew ? t('quickAdd.newProject', { name: choice.name }) : choice.name}
          </span>
        </div>
      ))}
    </div>
  );
}
