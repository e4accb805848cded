import { useOffline } from '@duly/client/react';
import { type FormEvent, useState } from 'react';
import type { MessageKey } from '../i18n/i18n.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import type { Filter } from '../model/filter.ts';
import { navigate } from '../routing/router.tsx';
import { paths } from '../routing/routes.ts';
import { useSession } from '../session/session.tsx';
import { announce } from '../ui/announce.ts';
import { confirm } from '../ui/ask.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field, SelectField } from '../ui/field.tsx';

const options = {
  status: ['all', 'pending', 'completed'],
  due: ['', 'overdue', 'today', 'tomorrow', 'week', 'none', 'any'],
  priority: ['all', 'High', 'Medium', 'Low'],
  sort_by: ['due_date', 'priority', 'title', 'created_at', 'position'],
} as const;
type Choice = keyof typeof options;

const start: Filter = { status: 'pending', sort_by: 'due_date', sort_direction: 'asc' };

/** Empty texts and lists are no filters. */
const withoutEmpty = (filter: object): Filter =>
  Object.fromEntries(
    Object.entries(filter).filter(
      ([, value]) => value !== '' && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );

/** @param id null: a new view */
export function ViewDialog({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const view = useOffline(offline, ({ views }) => (id === null ? undefined : views.get(id)), [id]);
  const [name, setName] = useState(view?.name ?? '');
  const [filter, setFilter] = useState<Filter>(view?.parameters ?? start);
  const change = (fields: object) => setFilter((last) => withoutEmpty({ ...last, ...fields }));
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const fields = { name: name.trim(), parameters: filter };
    if (fields.name === '') return;
    if (id === null) navigate(paths.view(await offline.views.create(fields)));
    else await offline.views.update(id, fields);
    onClose();
  };
  const remove = async () => {
    if (id === null || !(await confirm('view', { name }))) return;
    await offline.views.delete(id);
    announce(t('toast.deleted', { title: name }), { undo: () => void offline.views.restore(id) });
    onClose();
    navigate('/today');
  };
  return (
    <Dialog title={id === null ? t('view.new') : t('view.edit')} onClose={onClose}>
      <form className="form" onSubmit={onSubmit}>
        <Field
          label={t('name')}
          value={name}
          required
          maxLength={100}
          data-autofocus
          onChange={(event) => setName(event.target.value)}
        />
        <FilterFields filter={filter} onChange={change} />
        <div className="dialog-actions">
          {id === null ? (
            <button type="button" className="button" onClick={onClose}>
              {t('cancel')}
            </button>
          ) : (
            <button type="button" className="button button-danger" onClick={() => void remove()}>
              {t('delete')}
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

function FilterFields({ filter, onChange }: { filter: Filter; onChange: (fields: object) => void }) {
  const { t } = useI18n();
  const { offline } = useSession();
  const projects = useOffline(offline, (all) => all.projects.all());
  const choose = (name: Choice) => (
    <SelectField
      key={name}
      label={t(`filter.${name}`)}
      value={String(filter[name] ?? options[name][0])}
      options={options[name].map(
        (value) => [value, t(`filter.${name}.${value || 'all'}` as MessageKey)] as const,
      )}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <div className="form-grid">
      {choose('status')}
      {choose('due')}
      {choose('priority')}
      <SelectField
        label={t('project.label')}
        // A new project gets another id while the dialog is open.
        value={offline.projects.get(filter.project_id ?? '')?.id ?? filter.project_id ?? ''}
        options={[
          ['', t('filter.anyProject')],
          ['none', t('nav.inbox')],
          ...projects.map((project) => [project.id, project.name] as const),
        ]}
        onChange={(value) => onChange({ project_id: value })}
      />
      <Field
        label={t('filter.tags')}
        defaultValue={filter.tags?.join(', ') ?? ''}
        onChange={({ target }) =>
          onChange({
            tags: target.value
              .split(',')
              .map((tag) => tag.trim().replace(/^@/, ''))
              .filter(Boolean),
          })
        }
      />
      <Field
        label={t('filter.search')}
        value={filter.search ?? ''}
        maxLength={200}
        onChange={({ target }) => onChange({ search: target.value })}
      />
      {choose('sort_by')}
    </div>
  );
}
