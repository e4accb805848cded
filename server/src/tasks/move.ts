import { sql } from 'kysely';
import { noId } from '../db/columns.ts';
import type { Db } from '../db/schema.ts';
import { type Cte, type CteTemplate, param, type Query, query } from '../db/statements.ts';
import { indexOfMove, isBefore } from '../items/changes.ts';
import { AppError } from '../platform/errors.ts';
import { maxRebalanced, type Positioned, placeAmong } from '../platform/positions.ts';
import type { WriteCondition } from '../writes/conditions.ts';
import type { WriteResult } from '../writes/idempotency.ts';
import type { WriteContext, WriteStamp } from '../writes/plan.ts';
import { changeFamily, type FamilyChange } from './change-family.ts';
import { applyFields } from './changes.ts';
import { positionOf } from './columns.ts';
import type { Family } from './family.ts';
import { familyQuery } from './family-query.ts';
import type { StoredTask, Task, TaskMove } from './model.ts';
import { effectsOn, followers, noFormerPlacement } from './operations.ts';
import { isSamePlacement, resolvePlacement, scopeOfPlacement } from './placement.ts';

type Move = Omit<TaskMove, 'version'>;

interface FamilyWithSiblings extends Family {
  /** The nearest on each side of the wanted position, in order, without the task. */
  siblings: Positioned[];
}

/**
 * Moves a task next to a sibling or to an end, perhaps to another project, section or parent.
 * @throws AppError NOT_FOUND, VALIDATION_ERROR, VERSION_CONFLICT, PRECONDITION_FAILED, LIMIT_EXCEEDED
 */
export function moveTask(
  db: Db,
  userId: string,
  context: WriteContext,
  taskId: string,
  move: Move,
  condition: WriteCondition,
): Promise<WriteResult<Task>> {
  const target = { userId, taskId, location: 'live', condition } as const;
  const read = siblingsQuery(userId, taskId, move);
  return changeFamily(db, context, 'task.move', target, read, (family, task, stamp) =>
    moveInFamily(family, task, move, stamp),
  );
}

function moveInFamily(
  family: FamilyWithSiblings,
  task: StoredTask,
  move: Move,
  stamp: WriteStamp,
): FamilyChange {
  const { siblings } = family;
  const placement = resolvePlacement(family, { id: task.id, current: task }, move);
  const index = indexOfMove(siblings, move);
  const [previous, next] = [siblings[index - 1], siblings[index]];
  const isThere =
    (previous === undefined || isBefore(previous, task)) && (next === undefined || isBefore(task, next));
  if (isThere && isSamePlacement(task, placement)) return { effects: [] };
  const place = placeAmong(siblings, index);
  if (place === null)
    throw new AppError('LIMIT_EXCEEDED', 'Too many moves to one place: move its siblings first');
  const { position, rebalanced } = place;
  const moved = applyFields(task, { ...placement, ...noFormerPlacement, position }, stamp);
  // One statement must not change a row twice.
  const [known, others] = [
    rebalanced.filter(({ id }) => family.tasks.has(id)),
    rebalanced.filter(({ id }) => !family.tasks.has(id)),
  ];
  return {
    effects: effectsOn([
      moved,
      ...followers(family, task.id, placement, stamp),
      ...known.flatMap(({ id, position }) => {
        const sibling = family.tasks.get(id);
        return sibling === undefined ? [] : [applyFields(sibling, { position }, stamp)];
      }),
    ]),
    more: rebalanceCtes(task.user_id, others, stamp.versionFloor),
  };
}

function rebalanceCtes(userId: string, siblings: readonly Positioned[], versionFloor: number): Cte[] {
  if (siblings.length === 0) return [];
  const params = { user_id: userId, positions: JSON.stringify(siblings), version_floor: versionFloor };
  return [{ template: rebalanceTemplate, params }];
}

const userParam = param('user_id');
const nextVersion = sql`greatest(t.version + 1, ${param('version_floor')}::int)`;

const rebalanceTemplate: CteTemplate = {
  name: 'rebalance tasks',
  sql: sql`rebalanced as (
      update duly.tasks as t set position = r.position, version = ${nextVersion},
        tags_version = case when t.tags_version = t.version then ${nextVersion} else t.tags_version end,
        revision = (select revision from stamp), updated_at = (select now from stamp)
      from jsonb_to_recordset(${param('positions')}::text::jsonb) as r (id uuid, position text)
      where t.user_id = ${userParam} and t.id = r.id
    )`,
};

/** Reads the family of a move, and the siblings nearest to the wanted position. */
function siblingsQuery(userId: string, taskId: string, move: Move): Query<FamilyWithSiblings> {
  const { after, before, ...placement } = move;
  const scope = { ...scopeOfPlacement(placement), below: [taskId] };
  const family = familyQuery(userId, { ...scope, tasks: [taskId, ...(scope.tasks ?? [])] });
  const params = {
    ...family.params,
    ...{ id: taskId, neighbour: after ?? before ?? null, to_start: after === null },
    ...Object.fromEntries(
      (['project_id', 'section_id', 'parent_id'] as const).flatMap((name) => [
        [name, placement[name] ?? null],
        [`sets_${name}`, placement[name] !== undefined],
      ]),
    ),
  };
  const statement = sql<{ siblings: Positioned[] }>`
    select (${siblingsSql}) as siblings, family.* from (${family.sql}) as family`;
  return query('family and siblings', statement, params, (rows) => ({
    ...family.toValue(rows),
    siblings: rows[0]?.siblings ?? [],
  }));
}

const sets = (name: string) => sql`${param(`sets_${name}`)}::boolean`;
const sent = (name: string) => sql`${param(name)}::uuid`;

/** The placement that `resolvePlacement` gives, if it gives one. */
const targetSql = sql`
  select w.parent_id,
    case when w.parent_id is null then w.project_id else p.project_id end as project_id,
    case when w.parent_id is not null then p.section_id
      when ${sets('section_id')} and ${sent('section_id')} is distinct from w.old_section then ${sent('section_id')}
      when w.project_id is distinct from w.old_project then null else w.old_section end as section_id
  from (
    select t.project_id as old_project, t.section_id as old_section,
      case when ${sets('parent_id')} then ${sent('parent_id')} else t.parent_id end as parent_id,
      case when ${sets('project_id')} then ${sent('project_id')} else t.project_id end as project_id
    from duly.tasks as t where t.user_id = ${userParam} and t.id = ${sent('id')}
  ) as w left join duly.tasks as p on p.user_id = ${userParam} and p.id = coalesce(w.parent_id, ${noId}::uuid)`;

/** One of the three parts has rows, each of which is found along another index. */
const siblingsSql = sql`
  with target as materialized (${targetSql}), siblings as (
    select s.id, ${positionOf('s')} as position from target join duly.tasks as s on s.parent_id = target.parent_id
    where s.user_id = ${userParam} and s.deleted_at is null
    union all
    select s.id, ${positionOf('s')} from target join duly.tasks as s on s.project_id = target.project_id
    where target.parent_id is null and s.user_id = ${userParam} and s.deleted_at is null and s.parent_id is null
      and s.section_id is not distinct from target.section_id
    union all
    select s.id, ${positionOf('s')} from duly.tasks as s
    where exists (select from target where parent_id is null and project_id is null)
      and s.user_id = ${userParam} and s.deleted_at is null and s.project_id is null and s.parent_id is null
  ), ordered as materialized (
    select id, position, row_number() over (order by position collate "C", id) as place
    from siblings where id <> ${sent('id')}
  ), around as (
    select case when ${sent('neighbour')} is not null then (select place from ordered where id = ${sent('neighbour')})
      when ${param('to_start')}::boolean then 0 else (select count(*) from ordered) end as place
  )
  select coalesce(json_agg(json_build_object('id', id, 'position', position) order by ordered.place), '[]')
  from ordered join around
    on ordered.place between around.place - ${sql.lit(maxRebalanced + 1)} and around.place + ${sql.lit(maxRebalanced + 1)}`;
