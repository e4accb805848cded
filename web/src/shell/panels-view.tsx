import { useOffline } from '@duly/client/react';
import { Suspense, useEffect } from 'react';
import { pageMessagesLoaded, useI18n } from '../i18n/i18n.tsx';
import { conflicts } from '../model/conflicts.ts';
import type { Placement } from '../model/lists.ts';
import { useStore } from '../model/store.ts';
import { useSession } from '../session/session.tsx';
import { QuickAdd } from '../tasks/quick-add.tsx';
import { loadTaskCard } from '../tasks/task-list.tsx';
import { loadDrag } from '../tasks/use-drag.ts';
import { loadMove } from '../tasks/use-move.ts';
import { question } from '../ui/ask.ts';
import { Dialog } from '../ui/dialog.tsx';
import { lazyPage } from '../ui/lazy-page.ts';
import { whenIdle } from '../ui/when-idle.ts';
import { closePanel, panel } from './panels.ts';
import { loadMoves } from './use-arrange.ts';

const loadPalette = () => import('./palette.tsx').then((all) => all.Palette);
const Palette = lazyPage(loadPalette);
/** What people open first and at once: it has to be there by then. Anything that they do is a sign of it. */
const preloadAfterMs = 5_000;
const signs = ['pointermove', 'pointerdown', 'keydown'] as const;
async function preload(): Promise<void> {
  const loads: readonly (() => Promise<unknown>)[] = [
    ...[loadTaskCard, pageMessagesLoaded, loadPalette],
    ...[loadAsk, loadDrag, loadMove, loadMoves],
  ];
  // One after the other, so that what people do meanwhile comes between.
  for (const load of loads) await whenIdle().then(load);
}
const Shortcuts = lazyPage(() => import('./shortcuts-dialog.tsx').then((all) => all.ShortcutsDialog));
const Conflicts = lazyPage(() => import('./conflict-dialog.tsx').then((all) => all.ConflictDialog));
const ProjectDialog = lazyPage(() =>
  import('../projects/project-dialog.tsx').then((all) => all.ProjectDialog),
);
const ViewDialog = lazyPage(() => import('../views/view-dialog.tsx').then((all) => all.ViewDialog));
const loadAsk = () => import('../ui/ask-dialog.tsx').then((all) => all.AskDialog);
const AskDialog = lazyPage(loadAsk);
const TagDialog = lazyPage(() => import('../views/tag-dialog.tsx').then((all) => all.TagDialog));

/** The dialog that is open, if one is. Each is loaded when it is first opened. */
export function Panels() {
  const open = useStore(panel);
  const waiting = useStore(conflicts);
  const asked = useStore(question);
  useEffect(() => {
    const stopWaiting = () => {
      clearTimeout(timer);
      for (const sign of signs) window.removeEventListener(sign, begin);
    };
    const begin = () => {
      stopWaiting();
      void preload().catch(() => undefined);
    };
    const timer = setTimeout(begin, preloadAfterMs);
    for (const sign of signs) window.addEventListener(sign, begin, { passive: true });
    return stopWaiting;
  }, []);
  return (
    <Suspense>
      {open?.name === 'palette' && <Palette onClose={closePanel} />}
      {open?.name === 'shortcuts' && <Shortcuts onClose={closePanel} />}
      {open?.name === 'conflicts' && waiting[0] && <Conflicts open={waiting[0]} onClose={closePanel} />}
      {open?.name === 'project' && <ProjectDialog key={open.id} id={open.id} onClose={closePanel} />}
      {open?.name === 'view' && <ViewDialog key={open.id} id={open.id} onClose={closePanel} />}
      {open?.name === 'tag' && <TagDialog key={open.id} name={open.id} onClose={closePanel} />}
      {asked && <AskDialog open={asked} />}
      {open?.name === 'quick-add' && <QuickAddDialog fields={open.fields} />}
    </Suspense>
  );
}

/** Its title names the section or the project that the task goes into. */
function QuickAddDialog({ fields }: { fields: Placement }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const place = useOffline(
    offline,
    ({ projects, sections }) =>
      sections.get(fields.section_id ?? '')?.name ?? projects.get(fields.project_id ?? '')?.name,
    [fields],
  );
  const title = t('quickAdd.title');
  return (
    <Dialog
      title={place === undefined ? title : `${title}: ${place}`}
      className="dialog-quick-add"
      onClose={closePanel}
    >
      <QuickAdd fields={fields} autoFocus onAdded={closePanel} />
    </Dialog>
  );
}
