import { useOffline } from '@duly/client/react';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { confirm } from '../ui/ask.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';

/** Colours that can be told apart on light and on dark. */
const colors = {
  teal: '#0b7d6c',
  blue: '#2f7fd1',
  violet: '#7a5bd0',
  pink: '#c2478f',
  red: '#d9503f',
  orange: '#d98324',
  olive: '#8a9a2b',
  gray: '#6b7b85',
} as const;
const colorNames = Object.keys(colors) as (keyof typeof colors)[];

/** @param id null: a new project */
export function ProjectDialog({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const project = useOffline(offline, ({ projects }) => (id === null ? undefined : projects.get(id)), [id]);
  const [name, setName] = useState(project?.name ?? '');
  const [color, setColor] = useState(project?.color ?? colors.teal);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const fields = { name: name.trim(), color };
    if (fields.name === '') return;
    if (id === null) navigate(paths.project(await offline.projects.create(fields)));
    else await offline.projects.update(id, fields);
    onClose();
  };
  return (
    <Dialog title={id === null ? t('project.new') : t('project.edit')} onClose={onClose}>
      <form className="form" onSubmit={onSubmit}>
        <Field
          label={t('name')}
          value={name}
          maxLength={100}
          required
          data-autofocus
          onChange={(event) => setName(event.target.value)}
        />
        <ColorChoice color={color} onColor={setColor} />
        <div className="dialog-actions">
          {id !== null && project && (
            <ProjectActions id={id} isArchived={project.archived} name={project.name} onDone={onClose} />
          )}
          {id === null && (
            <button type="button" className="button" onClick={onClose}>
              {t('cancel')}
            </button>
          )}
          <button type="submit" className="button button-primary">
            {t('save')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function ColorChoice({ color, onColor }: { color: string; onColor: (color: string) => void }) {
  const { t } = useI18n();
  return (
    <fieldset className="color-choice">
      <legend>{t('color')}</legend>
      {colorNames.map((name) => (
        <label key={name} className="color" title={t(`color.${name}`)}>
          <input
            type="radio"
            name="color"
            checked={colors[name] === color}
            aria-label={t(`color.${name}`)}
            onChange={() => onColor(colors[name])}
          />
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="11" fill={colors[name]} />
            <path d="M7.5 12.4l3 3 6-6.4" />
          </svg>
        </label>
      ))}
    </fieldset>
  );
}

interface ProjectActionsProps {
  id: string;
  name: string;
  isArchived: boolean;
  onDone: () => void;
}

function ProjectActions({ id, name, isArchived, onDone }: ProjectActionsProps) {
  const { t } = useI18n();
  const { offline } = useSession();
  const archive = async () => {
    await offline.projects.update(id, { archived: !isArchived });
    const undo = () => void offline.projects.update(id, { archived: isArchived });
    if (!isArchived) announce(t('toast.archived', { name, palette: t('nav.palette') }), { undo });
    onDone();
  };
  const remove = async () => {
    if (!(await confirm('project', { name }))) return;
    await offline.projects.delete(id, { tasks: 'trash' });
    announce(t('toast.deleted', { title: name }), { undo: () => void offline.projects.restore(id) });
    onDone();
    navigate('/inbox');
  };
  return (
    <div className="dialog-actions-start">
      <button type="button" className="button" onClick={() => void archive()}>
        {isArchived ? t('project.unarchive') : t('project.archive')}
      </button>
      <button type="button" className="button button-danger" onClick={() => void remove()}>
        {t('delete')}
      </button>
    </div>
  );
}
