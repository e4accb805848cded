import type { Project } from '@duly/client';
import type { Offline } from '@duly/client/offline';
import { useOffline } from '@duly/client/react';
import type { QuickAdd as Parsed } from '@duly/quick-add';
import { type FormEvent, type KeyboardEvent, Suspense, useMemo, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { useToday, useZone } from '../model/clock.ts';
import { nowIn } from '../model/days.ts';
import { fold } from '../model/filter.ts';
import type { Placement } from '../model/lists.ts';
import { useSession } from '../session/session.tsx';
import { quickAddInputId } from '../shell/shortcuts.ts';
import { announce } from '../ui/announce.ts';
import { Icon } from '../ui/icon.tsx';
import { lazyPage } from '../ui/lazy-page.ts';
import { type Parser, useNameChoices } from './name-choices.tsx';
import { newTaskOf, titleMaxLength } from './new-task.ts';

const loadChips = () => import('./quick-add-chips.tsx').then((all) => all.QuickAddChips);
const QuickAddChips = lazyPage(loadChips);

interface QuickAddProps {
  /** What the task gets where the text says nothing. */
  fields: Placement;
  /** Above a list: there it has the shortcut, and stays open. */
  isInList?: boolean;
  autoFocus?: boolean;
  onAdded?: () => void;
}

/** The parser, and what shows what it understood, are loaded with the focus. */
function useUnderstood(text: string, projects: readonly Project[]) {
  const zone = useZone();
  const [parser, setParser] = useState<Parser | null>(null);
  const shown = useMemo(() => understand(text, parser, zone, projects), [text, parser, zone, projects]);
  const load = async (): Promise<Parser | null> => {
    void loadChips().catch(() => undefined);
    const loaded = await import('@duly/quick-add').catch(() => null);
    setParser(loaded);
    return loaded;
  };
  return {
    parser,
    shown,
    load,
    /** Waits for the parser. If it cannot be loaded, the text is a title. */
    finish: async (known: readonly Project[]) => understand(text, parser ?? (await load()), zone, known),
  };
}

function understand(text: string, parser: Parser | null, zone: string, projects: readonly Project[]): Parsed {
  if (parser === null || text.trim() === '') return { title: text.trim(), understood: [] };
  const { day, time } = nowIn(zone);
  const isProject = (name: string) => projects.some((project) => isSameName(project.name, name));
  return parser.parseQuickAdd(text, { now: { date: day, time }, isProject });
}

/** One line of text that becomes a task; below it, what was understood. */
export function QuickAdd({ fields, isInList = false, autoFocus = false, onAdded }: QuickAddProps) {
  const { t, shortDay } = useI18n();
  const { offline } = useSession();
  const today = useToday();
  const [text, setText] = useState('');
  const projects = useOffline(offline, openProjects);
  const { parser, shown, load, finish } = useUnderstood(text, projects);
  const names = useNameChoices({ parser, text, projects, onText: setText });

  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (shown.title === '') return;
    setText('');
    // Enter may come before the parser, and before a new project is there.
    await names.settled();
    const known = openProjects(offline);
    const parsed = await finish(known);
    if (parsed.title === '') return setText((later) => later || text);
    const project = known.find(
      ({ name }) => parsed.project !== undefined && isSameName(name, parsed.project),
    );
    const task = newTaskOf(parsed, project?.id, fields);
    const id = await offline.tasks.create(task);
    onAdded?.();
    const title = parsed.title;
    // After its row is there.
    requestAnimationFrame(() => {
      if (isRowInView(offline.tasks.get(id)?.id ?? id))
        return announce(t('toast.added', { title }), { tone: 'quiet' });
      const into = offline.projects.get(task.project_id ?? '')?.name ?? t('nav.inbox');
      const day = task.due_date == null ? '' : `, ${shortDay(task.due_date, today)}`;
      announce(t('toast.addedTo', { title, place: into + day }));
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (names.onKeyDown(event) || event.key !== 'Escape' || !isInList) return;
    if (text !== '') setText('');
    else event.currentTarget.blur();
  };
  const keepAsText = (start: number, end: number) => setText(escapeRange(text, start, end));

  return (
    <form className={isInList ? 'quick-add quick-add-list' : 'quick-add'} onSubmit={add}>
      <div className="quick-add-line">
        <Icon name="add" />
        <input
          {...names.input}
          id={isInList ? quickAddInputId : undefined}
          className="quick-add-input"
          aria-label={t('quickAdd.title')}
          aria-keyshortcuts={isInList ? 'q' : undefined}
          placeholder={t('quickAdd.placeholder')}
          value={text}
          maxLength={1_000}
          autoComplete="off"
          enterKeyHint="done"
          data-autofocus={autoFocus || undefined}
          onFocus={() => void load()}
          onKeyDown={onKeyDown}
          onChange={(event) => setText(event.target.value)}
        />
        {text.trim() !== '' && (
          <button
            type="submit"
            className="button button-primary button-small"
            disabled={shown.title === '' || shown.title.length > titleMaxLength}
          >
            {t('quickAdd.submit')}
          </button>
        )}
        {names.list}
      </div>
      <Suspense>
        {text.trim() !== '' && (
          <QuickAddChips parsed={shown} fields={fields} today={today} onKeepAsText={keepAsText} />
        )}
      </Suspense>
    </form>
  );
}

const openProjects = ({ projects }: Pick<Offline, 'projects'>) =>
  projects.all().filter(({ archived }) => !archived);

function isRowInView(id: string): boolean {
  const row = document.querySelector(`[data-row="${CSS.escape(id)}"]`);
  if (row === null) return false;
  const { top, bottom } = row.getBoundingClientRect();
  return top >= 0 && bottom <= window.innerHeight;
}

/** As the server compares names: neither case nor accents count. */
const isSameName = (a: string, b: string): boolean => fold(a) === fold(b);

/** A backslash before a word keeps it as text (docs/quick-add.md). */
const escapeRange = (text: string, start: number, end: number): string =>
  text.slice(0, start) + text.slice(start, end).replace(/(^|\s)(?=\S)/g, '$1\\') + text.slice(end);
