import { Pagination } from '../../db/page-schemas.ts';
import { notFound, preconditionFailed, versionConflict } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { readReminderPage, readTaskReminders } from '../../reminders/list.ts';
import {
  NewReminder,
  ReminderListQuery,
  ReminderPatch,
  ReminderPath,
  reminderExample,
  Snooze,
  TaskReminderListQuery,
  TaskRemindersPath,
} from '../../reminders/model.ts';
import { findReminder } from '../../reminders/queries.ts';
import * as service from '../../reminders/service.ts';
import { Precondition } from '../../tasks/model.ts';
import { UserPath } from '../../writes/user-path.ts';
import { etagOf, parseIfMatch } from '../contract/conditions.ts';
import { cursorKeysOf } from '../contract/cursor-scope.ts';
import { type Call, operation } from '../contract/operation.ts';
import { pageHeadersOf } from '../contract/page-links.ts';
import { ConditionalHeaders, pageHeaders, WriteHeaders } from '../contract/schemas.ts';
import { cacheable, cacheableList } from '../hooks/cached-responses.ts';
import { takeResult, writeContextOf } from '../hooks/idempotency.ts';

const group = 'Reminders';
const changeErrors = [404, 409, 412, 413, 415, 422];
const errorExamples = {
  404: notFound('Reminder'),
  409: versionConflict('reminder', reminderExample),
  412: preconditionFailed('reminder', reminderExample),
};
const etagHeader = {
  ETag: { type: 'string', description: 'Version and times of the reminder, quoted.' },
};

const reminderAfter = (message: string) => ({
  message,
  data: Type.Ref('Reminder'),
  description: 'The reminder after the change.',
  headers: etagHeader,
});

const pageOfReminders = {
  message: 'Reminders retrieved successfully',
  data: Type.Array(Type.Ref('Reminder')),
  description: 'A page of reminders.',
  headers: pageHeaders,
  more: { pagination: Pagination },
};

export const listReminders = operation({
  id: 'listReminders',
  summary: 'List all reminders',
  description: 'Those of tasks that are not in the trash: by `next_at`, those without one last.',
  group,
  input: { params: UserPath, querystring: ReminderListQuery },
  success: pageOfReminders,
  errors: [410, 422],
  caching: cacheableList,
  async handle({ ctx, db, request: { params, query, url } }) {
    const page = await readReminderPage(db, params.user_id, null, query, cursorKeysOf(ctx));
    const { items, pagination } = page;
    return { items, more: { pagination }, headers: pageHeadersOf(url, page) };
  },
});

export const listTaskReminders = operation({
  id: 'listTaskReminders',
  summary: 'List the reminders of a task',
  description: 'By `next_at`, those without one last.',
  group,
  input: { params: TaskRemindersPath, querystring: TaskReminderListQuery },
  success: pageOfReminders,
  errors: [404, 410, 422],
  caching: cacheableList,
  async handle({ ctx, db, request: { params, query, url } }) {
    const page = await readTaskReminders(db, params.user_id, params.task_id, query, cursorKeysOf(ctx));
    const { items, pagination } = page;
    return { items, more: { pagination }, headers: pageHeadersOf(url, page) };
  },
});

export const createReminder = operation({
  id: 'createReminder',
  summary: 'Create a reminder',
  description:
    'Relative, with `relative_to` and `minutes_before`: it moves with the task. Or absolute, with `remind_at`. One whose time has passed is not sent.',
  group,
  input: { params: TaskRemindersPath, headers: WriteHeaders, body: NewReminder },
  success: {
    status: 201,
    message: 'Reminder created successfully',
    data: Type.Ref('Reminder'),
    description: 'The new reminder.',
    headers: etagHeader,
  },
  errors: [404, 409, 413, 415, 422],
  async handle({ db, request, reply }) {
    const { user_id: userId, task_id: taskId } = request.params;
    const context = writeContextOf(request);
    const result = await service.createReminder(db, userId, context, taskId, request.body);
    const reminder = takeResult(request, result);
    const location = `/api/v1/users/${encodeURIComponent(userId)}/tasks/${taskId}/reminders/${reminder.id}`;
    reply.header('etag', etagOf(reminder)).header('location', location);
    return { data: reminder };
  },
});

export const getReminder = operation({
  id: 'getReminder',
  summary: 'Get a reminder',
  description: 'Its `ETag` is its version with its times, which move without the version.',
  group,
  input: { params: ReminderPath },
  success: {
    message: 'Reminder retrieved successfully',
    data: Type.Ref('Reminder'),
    description: 'The reminder.',
    headers: etagHeader,
  },
  errors: [404, 422],
  errorExamples: { 404: errorExamples[404] },
  caching: cacheable,
  async handle({ db, request: { params } }) {
    const found = await findReminder(db, params.user_id, params.task_id, params.reminder_id);
    if (found === undefined) throw notFound('Task');
    if (found.reminder === undefined) throw notFound('Reminder');
    return { data: found.reminder, headers: { etag: etagOf(found.reminder) } };
  },
});

const targetOf = (
  { task_id: taskId, reminder_id: reminderId }: { task_id: string; reminder_id: string },
  version: number | undefined,
  headers: Call['request']['headers'],
): service.ReminderTarget => ({
  taskId,
  reminderId,
  condition: { version, ifMatch: parseIfMatch(headers) },
});

export const updateReminder = operation({
  id: 'updateReminder',
  summary: 'Update a reminder',
  description:
    'JSON Merge Patch (RFC 7396): absent keeps, null clears. A time of the other kind replaces the one that was there. Another time ends a snooze.',
  group,
  input: { params: ReminderPath, headers: ConditionalHeaders, body: ReminderPatch },
  success: reminderAfter('Reminder updated successfully'),
  errors: changeErrors,
  errorExamples,
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const target = targetOf(params, body.version, headers);
    const context = writeContextOf(request);
    const result = await service.patchReminder(db, params.user_id, context, target, body);
    const reminder = takeResult(request, result);
    reply.header('etag', etagOf(reminder));
    return { data: reminder };
  },
});

export const snoozeReminder = operation({
  id: 'snoozeReminder',
  summary: 'Snooze a reminder',
  description:
    'It is sent at that time instead, also if it was sent before. A change of the task that moves its reminders ends the snooze.',
  group,
  input: { params: ReminderPath, headers: ConditionalHeaders, body: Snooze },
  success: reminderAfter('Reminder snoozed successfully'),
  errors: changeErrors,
  errorExamples,
  async handle({ db, request, reply }) {
    const { params, body, headers } = request;
    const target = targetOf(params, body.version, headers);
    const context = writeContextOf(request);
    const result = await service.snoozeReminder(db, params.user_id, context, target, body);
    const reminder = takeResult(request, result);
    reply.header('etag', etagOf(reminder));
    return { data: reminder };
  },
});

export const deleteReminder = operation({
  id: 'deleteReminder',
  summary: 'Delete a reminder',
  description: 'Cannot be undone.',
  group,
  input: { params: ReminderPath, headers: ConditionalHeaders, body: Precondition },
  success: {
    message: 'Reminder deleted successfully',
    data: Type.Null(),
    description: 'The reminder is gone.',
  },
  errors: changeErrors,
  errorExamples,
  async handle({ db, request }) {
    const { params, body, headers } = request;
    const target = targetOf(params, body?.version, headers);
    const context = writeContextOf(request);
    takeResult(request, await service.deleteReminder(db, params.user_id, context, target));
    return { data: null };
  },
});
