import type { Task } from '@duly/client';
import type { Collections } from '@duly/client/offline';
import { useOffline } from '@duly/client/react';
import { useI18n } from '../../i18n/i18n.tsx';
import { useTaskActions } from '../../model/use-actions.ts';
import { useSession } from '../../session/session.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Dot, Menu, type MenuItem } from '../../ui/menu.tsx';

export type Place = Pick<Task, 'project_id' | 'section_id'>;
const inbox: Place = { project_id: null, section_id: null };

/**
 * What a task may be put into: the inbox, and projects that are not archived, each with its sections.
 * @param isIn whether a place is the current one; without it no place is marked
 */
export function usePlaceItems(
  onPlace: (place: Place, path: string) => void,
  isIn?: (place: Place) => boolean,
): MenuItem[] {
  const { t } = useI18n();
  const { offline } = useSession();
  const places = useOffline(offline, placesOf);
  return [
    { key: 'inbox', text: t('nav.inbox'), path: t('nav.inbox'), icon: 'inbox' as const, place: inbox },
    ...places,
  ].map(({ key, path, place, ...item }) => ({
    ...item,
    id: key,
    ...(isIn && { isChosen: isIn(place) }),
    run: () => onPlace(place, path),
  }));
}

/** The project and section of a task. A subtask stands where its parent does. */
export function PlacePicker({ task }: { task: Task }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const { moveTo } = useTaskActions();
  const { project_id: projectId, section_id: sectionId } = task;
  const [project, section] = useOffline(
    offline,
    ({ projects, sections }) => [projects.get(projectId ?? ''), sections.get(sectionId ?? '')],
    [projectId, sectionId],
  );
  const isIn = (place: Place) => place.project_id === projectId && place.section_id === sectionId;
  const items = usePlaceItems((place, path) => {
    if (!isIn(place)) void moveTo(task, place, path);
  }, isIn);
  if (task.parent_id !== null) return null;
  const text = [project?.name ?? t('nav.inbox'), ...(section ? [section.name] : [])].join(' / ');
  return (
    <Menu
      className="field-chip"
      name={`${t('project.label')}: ${text}`}
      label={
        <>
          {project ? <Dot color={project.color} /> : <Icon name="inbox" size={16} />}
          <span className="one-line">{text}</span>
        </>
      }
      items={items}
    />
  );
}

function placesOf({ projects, sections }: Collections) {
  const all = sections.all();
  return projects.all().flatMap(({ id, name, color, archived }) => {
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
}
