import { sql } from 'kysely';
import { param, type Query, query } from '../db/statements.ts';
import { readStoredTask, taskSelection } from './columns.ts';
import type { Family } from './family.ts';
import type { StoredTask } from './model.ts';

/** What a write has to read of a family; ids that are absent are none. */
export interface FamilyScope {
  /** Tasks, and those above them. */
  tasks?: readonly string[];
  /** Tasks of which all live subtasks are read too, on all levels. */
  below?: readonly string[];
  /** Tasks of which those are read too that come back with them. */
  restored?: readonly string[];
  projects?: readonly string[];
  sections?: readonly string[];
}

/** Tasks of each row; null in the one row without tasks. */
interface FamilyRow extends Record<string, unknown> {
  id: string | null;
  live_projects: string[] | null;
  live_sections: string[] | null;
  section_projects: string[] | null;
}

/** Reads tasks, those above and below them, and which projects and sections are live. */
export function familyQuery(userId: string, scope: FamilyScope): Query<Family> {
  const { tasks = [], below = [], restored = [], projects = [], sections = [] } = scope;
  return query(
    'family',
    familySql,
    { user_id: userId, tasks, below, restored, projects, sections },
    (rows) => {
      const [first] = rows;
      const found: StoredTask[] = rows.filter(({ id }) => id !== null).map((row) => readStoredTask(row));
      const sectionIds = first?.live_sections ?? [];
      const projectIds = first?.section_projects ?? [];
      return {
        occurrences: [],
        reminders: [],
        tasks: new Map(found.map((task) => [task.id, task])),
        projects: new Set(first?.live_projects),
        sections: new Map(sectionIds.map((id, index) => [id, projectIds[index] ?? ''])),
      };
    },
  );
}

const userParam = param('user_id');
const ids = (name: keyof FamilyScope) => sql`${param(name)}::uuid[]`;

/** Each by its key: compared with an array, outdated statistics make the planner read all tasks of the user. */
const taskOfKey = sql`(
      select * from duly.tasks where user_id = ${userParam} and id = k.id offset 0
    ) as t`;

/** `union` ends the recursions, even in a circle. */
const familySql = sql<FamilyRow>`
  with recursive restored as (
    select t.id from duly.tasks as t
    where t.user_id = ${userParam} and t.deleted_with = any(${ids('restored')}) and t.deleted_at is not null
    union all
    select t.id from duly.tasks as t
    where t.user_id = ${userParam} and t.former_parent_id = any(${ids('restored')}) and t.deleted_at is null
  ), below as (
    select id from unnest(${ids('below')}) as b (id) union select id from restored
    union
    select c.id from below join duly.tasks as c on c.user_id = ${userParam} and c.parent_id = below.id
    where c.deleted_at is null
  ), above as (
    select t.id, t.parent_id from duly.tasks as t
    where t.user_id = ${userParam} and t.id = any(${ids('tasks')} || ${ids('below')} || ${ids('restored')})
    union
    select p.id, p.parent_id from above join duly.tasks as p on p.user_id = ${userParam} and p.id = above.parent_id
  ), found as materialized (
    select ${taskSelection} from (select id from below union select id from above) as k cross join lateral ${taskOfKey}
  ), live as materialized (
    select array(
      select p.id from duly.projects as p where p.user_id = ${userParam} and p.deleted_at is null
        and p.id = any(array(select unnest(${ids('projects')}) union select project_id from found))
    ) as live_projects, array_agg(s.id) as live_sections, array_agg(s.project_id) as section_projects
    from duly.sections as s where s.user_id = ${userParam} and s.deleted_at is null
      and s.id = any(array(select unnest(${ids('sections')}) union select section_id from found))
  )
  select live.*, found.* from live left join found on true`;

/** Reads a task and its live children: all that a deletion needs which keeps them. */
export const childrenQuery = (userId: string, taskId: string): Query<Family> =>
  query('children', childrenSql, { user_id: userId, id: taskId }, (rows) => ({
    occurrences: [],
    reminders: [],
    tasks: new Map(rows.map(readStoredTask).map((task) => [task.id, task])),
    projects: new Set(),
    sections: new Map(),
  }));

const childrenSql = sql<Record<string, unknown>>`
  select ${taskSelection} from duly.tasks as t where t.user_id = ${userParam}
    and (t.id = ${param('id')}::uuid or t.parent_id = ${param('id')}::uuid and t.deleted_at is null)`;
