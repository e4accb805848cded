import type { Task } from '@duly/client';
import type { Collections } from '@duly/client/offline';
import { useOffline } from '@duly/client/react';
import { useI18n } from '../../i18n/i18n.tsx';
import { useTaskActions } from '../../model/use-actions.ts';
import { useSession } from '../../session/session.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Dot, Menu } from '../../ui/menu.tsx';

type Place = Pick<Task, 'project_id' | 'section_id'>;
const inbox: Place = { project_id: null, section_id: null };

/** The project and section of a task. A subtask stands where its parent does. */
export function PlacePicker({ task }: { task: Task }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { moveTo } = useTaskActions();
  const { project, section, places } = useOffline(offline, (all) => placesOf(all, task), [task]);
  if (task.parent_id !== null) return null;
  const text = [project?.name ?? t('nav.inbox'), ...(section ? [section.name] : [])].join(' / ');
  const isIn = (place: Place) => place.project_id === task.project_id && place.section_id === task.section_id;
  const put = (place: Place, name: string) => {
    if (!isIn(place)) void moveTo(task, place, name);
  };
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
          isChosen: isIn(inbox),
          run: () => put(inbox, t('nav.inbox')),
        },
        ...places.map(({ key, path, place, ...item }) => ({
          ...item,
          id: key,
          isChosen: isIn(place),
          run: () => put(place, path),
        })),
      ]}
    />
  );
}

/** What a task may be put into: projects that are not archived, each with its sections. */
function placesOf({ projects, sections }: Collections, { project_id, section_id }: Task) {
  const all = sections.all();
  const places = projects.all().flatMap(({ id, name, color, archived }) => {
    if (archived) return [];
    const parts = all.filter((section) => section.project_id === id);
    return [
      { key: projects.keyOf(id), text: name, path: name, color, place: { project_id: id, section_id: null } },
      ...parts.map((section) => ({
        key: sections.keyOf(section.id),
        text: section.name,
        path: `${name} / ${section.name}`,
        isPartOfOther: true,
        place: { project_id: id, section_id: section.id },
      })),
    ];
  });
  return { project: projects.get(project_id ?? ''), section: sections.get(section_id ?? ''), places };
}
