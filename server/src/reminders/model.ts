import { pageParameters } from '../db/page-schemas.ts';
import { fixed, ignored, itemPatchFields } from '../items/model.ts';
import { type Static, Type } from '../platform/schema.ts';
import { type ChannelType, channelTypes } from '../senders/model.ts';
import { userId } from '../writes/user-path.ts';

const type = ['string', 'null'];
const nullable = <T>(schema: object) => Type.Unsafe<T | null>({ ...schema });
const dateTime = { type, format: 'date-time' };

const references = ['due', 'start'] as const;
export type ReminderReference = (typeof references)[number];

const channels = {
  type: ['array', 'null'],
  items: { type: 'string', enum: [...channelTypes] },
  minItems: 1,
  maxItems: 10,
};
/** Nearly a year before, and a week after. */
export const leadMinutes = { minimum: -10_080, maximum: 525_600 };

const shownRule = {
  relative_to: nullable<ReminderReference>({
    type,
    enum: [...references, null],
    description:
      '`due`: counted from the due time, of a whole day from its first instant; `start`: from the first instant of `start_date`; null: absolute.',
  }),
  minutes_before: nullable<number>({
    type: ['integer', 'null'],
    description: 'Before that; negative: after it. null: absolute.',
  }),
  remind_at: nullable<string>({ ...dateTime, description: 'Of an absolute reminder; null: relative.' }),
};

const sentRule = {
  relative_to: Type.Optional(
    nullable<ReminderReference>({
      type,
      enum: [...references, null],
      description: 'With `minutes_before`: what it is counted from. null: absolute.',
    }),
  ),
  minutes_before: Type.Optional(
    nullable<number>({
      type: ['integer', 'null'],
      ...leadMinutes,
      description: 'With `relative_to`: so many minutes before it; negative: after it.',
    }),
  ),
  remind_at: Type.Optional(
    nullable<string>({ ...dateTime, description: 'Instead of both: an instant. null: relative.' }),
  ),
};

const sentChannels = Type.Optional(
  nullable<ChannelType[]>({
    ...channels,
    description: 'Types of channels, a set; null: all that the user has enabled.',
  }),
);

export const reminderExample = {
  id: '3d9a4d0e-6f0c-4b53-8f5e-0a7a3c1b2d44',
  task_id: '6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11',
  relative_to: 'due',
  minutes_before: 30,
  remind_at: null,
  channels: null,
  snoozed_until: null,
  next_at: '2026-12-24T17:00:00.000Z',
  fired_at: null,
  version: 1,
  created_at: '2026-11-21T08:00:00.000Z',
  updated_at: '2026-11-21T08:00:00.000Z',
};

export const Reminder = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    task_id: Type.String({ format: 'uuid' }),
    ...shownRule,
    channels: nullable<ChannelType[]>({ ...channels, description: 'null: all that the user has enabled.' }),
    snoozed_until: nullable<string>({ ...dateTime, description: 'While it is snoozed.' }),
    next_at: nullable<string>({
      ...dateTime,
      description:
        'When it is sent next. null: not any more, or not while the task is completed, in the trash, or without the date.',
    }),
    fired_at: nullable<string>({ ...dateTime, description: 'When it was last handed to its channels.' }),
    version: Type.Integer({ minimum: 1 }),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'Reminder', examples: [reminderExample] },
);
export type Reminder = Static<typeof Reminder>;

export const NewReminder = Type.Object(
  { ...sentRule, channels: sentChannels },
  {
    $id: 'NewReminder',
    additionalProperties: false,
    examples: [{ relative_to: 'due', minutes_before: 30 }, { remind_at: '2026-12-24T08:00:00Z' }],
  },
);
export type NewReminder = Static<typeof NewReminder>;

/** In the body of a new task. */
export const newReminders = Type.Optional(
  Type.Array(Type.Object(NewReminder.properties, { additionalProperties: false }), {
    maxItems: 20,
    description: 'Reminders that are made with it. When absent, a task with a time gets that of the profile.',
  }),
);

const { version, id, created_at, updated_at } = itemPatchFields;

/** A merge patch (RFC 7396), which may be the whole reminder as it was read. */
export const ReminderPatch = Type.Object(
  {
    ...sentRule,
    channels: sentChannels,
    ...{ version, id },
    task_id: fixed(Type.String({ format: 'uuid' })),
    snoozed_until: ignored(Reminder.properties.snoozed_until),
    next_at: ignored(Reminder.properties.next_at),
    fired_at: ignored(Reminder.properties.fired_at),
    ...{ created_at, updated_at },
  },
  { $id: 'ReminderPatch', additionalProperties: false, examples: [{ minutes_before: 60, version: 1 }] },
);
export type ReminderPatch = Static<typeof ReminderPatch>;

export const Snooze = Type.Object(
  {
    minutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_080, description: 'So many minutes from now.' }),
    ),
    until: Type.Optional(
      Type.String({ format: 'date-time', description: 'Instead of `minutes`: an instant in the future.' }),
    ),
    version,
  },
  { $id: 'Snooze', additionalProperties: false, examples: [{ minutes: 10 }] },
);
export type Snooze = Static<typeof Snooze>;

/** The path of the reminders of a task. */
export const TaskRemindersPath = Type.Object({
  user_id: userId,
  task_id: Type.String({ format: 'uuid', description: "The task's `id`." }),
});

export const ReminderPath = Type.Object({
  ...TaskRemindersPath.properties,
  reminder_id: Type.String({ format: 'uuid', description: "The reminder's `id`." }),
});

export const TaskReminderListQuery = Type.Object(pageParameters('reminders'), {
  additionalProperties: false,
});
export type TaskReminderListQuery = Static<typeof TaskReminderListQuery>;

export const ReminderListQuery = Type.Object(
  {
    pending: Type.Optional(
      Type.Boolean({ description: 'Whether they are still to be sent: whether they have a `next_at`.' }),
    ),
    ...pageParameters('reminders'),
  },
  { additionalProperties: false },
);
export type ReminderListQuery = Static<typeof ReminderListQuery>;
