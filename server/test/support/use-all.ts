import { expect } from 'vitest';
import type { TestApp } from './app.ts';
import { newClient } from './tasks.ts';

/**
 * Runs every kind of request once. @param userId decides the partition or shard: several random ids may share one
 */
export async function useAll(app: TestApp, userId: string) {
  const client = await newClient(app, userId);
  const { v1, bare } = client;
  const good = async (reply: ReturnType<typeof v1>) => {
    const { status, text, body } = await reply;
    if (status >= 300) throw new Error(`${status} ${text}`);
    return body;
  };
  const key = { 'idempotency-key': 'once' };
  const { data: task } = await good(v1('POST', '/tasks', { title: 'milk', tags: ['home', 'shop'] }, key));
  await good(v1('POST', '/tasks', { title: 'milk', tags: ['home', 'shop'] }, key));
  const since = (await good(v1('GET', '/changes'))).next_cursor;
  await good(v1('PATCH', `/tasks/${task.id}`, { title: 'oat milk', tags: ['shop', 'oat'] }));
  await good(bare('PATCH', `/tasks/${task.id}/complete`));
  const operations = [
    { op: 'create', title: 'bread', tags: ['shop'] },
    { op: 'update', id: task.id, priority: 'High' },
    { op: 'delete', id: task.id },
  ];
  const bulk = await good(v1('POST', '/tasks/bulk', { operations }));
  expect(bulk.data.map(({ status }: { status: number }) => status)).toEqual([201, 200, 200]);
  const repeating = { title: 'water', due_date: '2026-12-24', recurrence: 'FREQ=DAILY' };
  const { data: daily } = await good(v1('POST', '/tasks', repeating));
  for (const write of ['skip', 'skip', 'undo'])
    await good(v1('POST', `/tasks/${daily.id}/occurrences/${write}`));
  await good(v1('PATCH', `/tasks/${daily.id}/following`, { due_time: '09:00' }));
  await good(v1('GET', `/tasks/${daily.id}/occurrences`));
  await good(v1('PATCH', '', { default_reminder_minutes: 5 }));
  const { data: timed } = await good(
    v1('POST', '/tasks', { title: 'call', due_date: '2030-01-01', due_time: '09:00' }),
  );
  const rule = { relative_to: 'start', minutes_before: 0 };
  const { data: reminder } = await good(v1('POST', `/tasks/${timed.id}/reminders`, rule));
  await good(v1('PATCH', `/tasks/${timed.id}/reminders/${reminder.id}`, { minutes_before: 5 }));
  await good(v1('POST', `/tasks/${timed.id}/reminders/${reminder.id}/snooze`, { minutes: 5 }));
  await good(v1('PATCH', `/tasks/${timed.id}`, { start_date: '2029-12-24' }));
  await good(v1('PATCH', '', { time_zone: 'Asia/Tokyo' }));
  for (const path of ['/reminders?pending=true', `/tasks/${timed.id}/reminders`, '/tasks?has_reminder=true'])
    await good(v1('GET', path));
  await good(v1('DELETE', `/tasks/${timed.id}/reminders/${reminder.id}`));
  await good(v1('DELETE', `/tasks/${timed.id}`));
  await good(v1('DELETE', `/trash/${timed.id}`));
  await good(v1('GET', '/trash'));
  await good(v1('POST', `/trash/${task.id}/restore`));
  await good(v1('PATCH', '/tags/shop', { name: 'market' }));
  await good(v1('DELETE', '/tags/oat'));
  await good(v1('PATCH', '', { first_name: 'Ada' }));
  for (const path of ['/tasks', `/tasks/${task.id}`, '/tags', '', '/audit', `/changes?since=${since}`])
    await good(v1('GET', path));
  await good(v1('GET', '/tasks?search=MILK&tags=market&sort_by=due_date&limit=1'));
  await good(v1('DELETE', `/tasks/${task.id}`));
  await good(v1('DELETE', `/trash/${task.id}`));
  await good(v1('DELETE', '/trash'));
  const { data: project } = await good(v1('POST', '/projects', { name: 'house' }));
  const { data: section } = await good(v1('POST', `/projects/${project.id}/sections`, { name: 'roof' }));
  await good(v1('POST', '/views', { name: 'soon', parameters: { project_id: project.id } }));
  const { data: channel } = await good(
    v1('POST', '/channels', { type: 'webhook', url: 'https://hooks.example/duly' }),
  );
  await good(v1('PATCH', `/channels/${channel.id}`, { name: 'hook' }));
  await good(v1('POST', `/channels/${channel.id}/rotate-secret`));
  const { data: gone } = await good(v1('POST', '/channels', { type: 'webhook', url: channel.url }));
  await good(v1('DELETE', `/channels/${gone.id}`));
  await good(v1('GET', '/channels'));
  const { data: parent } = await good(
    v1('POST', '/tasks', {
      title: 'tiles',
      section_id: section.id,
      due_date: '2030-01-01',
      reminders: [rule],
    }),
  );
  const { data: child } = await good(v1('POST', '/tasks', { title: 'nails', parent_id: parent.id }));
  await good(v1('POST', `/tasks/${child.id}/move`, { after: null, parent_id: null }));
  await good(v1('DELETE', `/projects/${project.id}?tasks=trash`));
  await good(v1('POST', `/trash/projects/${project.id}/restore`));
  return client;
}
