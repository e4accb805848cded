import type { Task } from '@duly/client';
import { useOffline } from '@duly/client/react';
import { useI18n } from '../../i18n/i18n.tsx';
import { useTaskActions } from '../../model/use-actions.ts';
import { useSession } from '../../session/session.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Dot, Menu } from '../../ui/menu.tsx';

/** The project of a task. A subtask stands where its parent does. */
export function PlacePicker({ task }: { task: Task }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { update } = useTaskActions();
  const projects = useOffline(offline, (all) => all.projects.all().filter(({ archived }) => !archived));
  const project = useOffline(offline, (all) => all.projects.get(task.project_id ?? ''), [task.project_id]);
  if (task.parent_id !== null) return null;
  const text = project?.name ?? t('nav.inbox');
  return (
    <Menu
      className="field-chip"
      name={`${t('project.label')}: ${text}`}
      label={
        <>
          {project ? <Dot color={project.color} /> : <Icon name="inbox" size={16} />}
          {text}
        </>
      }
      items={[
        {
          id: 'inbox',
          text: t('nav.inbox'),
          icon: 'inbox',
          isChosen: task.project_id === null,
          run: () => void update(task, { project_id: null }),
        },
        ...projects.map(({ id, name, color }) => ({
          id: offline.projects.keyOf(id),
          text: name,
          color,
          isChosen: id === task.project_id,
          run: () => void update(task, { project_id: id }),
        })),
      ]}
    />
  );
}
