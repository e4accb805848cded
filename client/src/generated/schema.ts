/** From server/openapi.json; `npm test -- client/test/generated.test.ts -u` writes it anew. */
export interface components {
    schemas: {
        /**
         * @example {
         *       "id": "9a1f2c84-52ea-4f0e-9a0e-6f4f2f1f7b52",
         *       "user_id": "user_123",
         *       "name": "Urgent at home",
         *       "parameters": {
         *         "status": "pending",
         *         "priority": "High",
         *         "tags": [
         *           "home"
         *         ],
         *         "sort_by": "due_date"
         *       },
         *       "position": "a0",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        View: {
            /** Format: uuid */
            id: string;
            user_id: string;
            name: string;
            /** @description Filters and order of a list of tasks. A change replaces all of them. */
            parameters: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status?: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority?: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match?: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred?: "all" | "hide" | "only";
                /** @description Tasks of this project; `none`: those without a project, the inbox. */
                project_id?: string;
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by?: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction?: "asc" | "desc";
            };
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "9a1f2c84-52ea-4f0e-9a0e-6f4f2f1f7b52",
         *       "user_id": "user_123",
         *       "name": "Urgent at home",
         *       "parameters": {
         *         "status": "pending",
         *         "priority": "High",
         *         "tags": [
         *           "home"
         *         ],
         *         "sort_by": "due_date"
         *       },
         *       "position": "a0",
         *       "version": 2,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "deleted_at": "2026-11-22T08:00:00.000Z"
         *     }
         */
        TrashedView: {
            /** Format: uuid */
            id: string;
            user_id: string;
            name: string;
            /** @description Filters and order of a list of tasks. A change replaces all of them. */
            parameters: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status?: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority?: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match?: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred?: "all" | "hide" | "only";
                /** @description Tasks of this project; `none`: those without a project, the inbox. */
                project_id?: string;
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by?: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction?: "asc" | "desc";
            };
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: date-time */
            deleted_at: string;
        };
        /**
         * @example {
         *       "name": "Urgent at home",
         *       "parameters": {
         *         "status": "pending",
         *         "priority": "High",
         *         "tags": [
         *           "home"
         *         ],
         *         "sort_by": "due_date"
         *       }
         *     }
         */
        NewView: {
            /** @description Trimmed; 1–100 characters. */
            name: string;
            /** @description Filters and order of a list of tasks. A change replaces all of them. */
            parameters: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status?: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority?: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match?: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred?: "all" | "hide" | "only";
                /** @description Tasks of this project; `none`: those without a project, the inbox. */
                project_id?: string;
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by?: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction?: "asc" | "desc";
            };
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
        };
        /**
         * @example {
         *       "name": "Urgent",
         *       "version": 1
         *     }
         */
        ViewPatch: {
            /** @description Trimmed; 1–100 characters. */
            name?: string;
            /** @description Filters and order of a list of tasks. A change replaces all of them. */
            parameters?: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status?: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority?: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match?: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred?: "all" | "hide" | "only";
                /** @description Tasks of this project; `none`: those without a project, the inbox. */
                project_id?: string;
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by?: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction?: "asc" | "desc";
            };
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /**
             * Format: uuid
             * @description Read-only: the id of the path, if sent.
             */
            id?: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
            /** @description Ignored. */
            position?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
        };
        /**
         * @example {
         *       "id": "6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11",
         *       "user_id": "user_123",
         *       "title": "Buy milk",
         *       "description": null,
         *       "completed": false,
         *       "completed_at": null,
         *       "priority": "High",
         *       "due_date": "2026-12-24",
         *       "due_time": "18:30",
         *       "time_zone": "Europe/Berlin",
         *       "due_at": "2026-12-24T17:30:00.000Z",
         *       "start_date": "2026-12-20",
         *       "recurrence": "FREQ=WEEKLY",
         *       "recurrence_from": "due",
         *       "excluded_dates": [],
         *       "occurrence": "2026-12-24",
         *       "tags": [
         *         "home",
         *         "shopping"
         *       ],
         *       "project_id": "0b6a1f0e-5a6e-4c7d-9f0b-2d1c3e4f5a66",
         *       "section_id": null,
         *       "parent_id": null,
         *       "position": "g0Up8Y1aq",
         *       "progress": {
         *         "done": 1,
         *         "total": 3
         *       },
         *       "reminder_count": 1,
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        Task: {
            /** Format: uuid */
            id: string;
            user_id: string;
            title: string;
            description: string | null;
            completed: boolean;
            /** Format: date-time */
            completed_at: string | null;
            /** @enum {string} */
            priority: "High" | "Medium" | "Low";
            /** Format: date */
            due_date: string | null;
            /** @description `HH:MM`; null with a `due_date`: due the whole day. */
            due_time: string | null;
            /** @description IANA name as sent; null: the zone of the profile. */
            time_zone: string | null;
            /**
             * Format: date-time
             * @description The instant of `due_date` and `due_time`; null without a time.
             */
            due_at: string | null;
            /**
             * Format: date
             * @description Hidden until then, if a list asks so.
             */
            start_date: string | null;
            /** @description RRULE (RFC 5545 §3.3.10) as sent; null: no repeat. */
            recurrence: string | null;
            /** @enum {string} */
            recurrence_from: "due" | "completion";
            excluded_dates: string[];
            /**
             * Format: date
             * @description The date that the rule gave the current occurrence, which `due_date` may differ from; null without a rule.
             */
            occurrence: string | null;
            tags: string[];
            /**
             * Format: uuid
             * @description null: in the inbox.
             */
            project_id: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id: string | null;
            /**
             * Format: uuid
             * @description The task that it is a subtask of; null: at the top level.
             */
            parent_id: string | null;
            /** @description Its place in the manual order: compared by code point, and by `id` if equal. */
            position: string;
            /** @description How many of its subtasks are completed; null without subtasks. */
            progress: {
                done: number;
                total: number;
            } | null;
            /** @description How many reminders it has. */
            reminder_count: number;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "title": "Buy milk",
         *       "priority": "High",
         *       "due_date": "2026-12-24",
         *       "tags": [
         *         "shopping",
         *         "home"
         *       ]
         *     }
         */
        NewTask: {
            /** @description Trimmed; 1–200 characters. */
            title: string;
            /** @description At most 1000 characters. */
            description?: string | null;
            completed?: boolean;
            /**
             * @description In any case; Medium when absent on creation.
             * @enum {string}
             */
            priority?: "High" | "Medium" | "Low";
            /**
             * Format: date
             * @description A calendar date from 1970-01-01 to 2100-12-31. A date-time at midnight UTC is taken as its date, an empty text as null. null clears time and zone too.
             */
            due_date?: string | null;
            /** @description A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too. */
            due_time?: string | null;
            /** @description IANA name of the zone of `due_time`; null: that of the profile, also when it changes. */
            time_zone?: string | null;
            /**
             * Format: date
             * @description A calendar date: before it, lists can hide the task.
             */
            start_date?: string | null;
            /** @description RRULE (RFC 5545 §3.3.10) of whole days, such as `FREQ=WEEKLY;BYDAY=MO`. The first occurrence is `due_date`. A change of the rule starts it anew from there. null takes the rule away. */
            recurrence?: string | null;
            /**
             * @description `due`: the next date follows the occurrence. `completion`: it follows the day of completion.
             * @enum {string}
             */
            recurrence_from?: "due" | "completion";
            /** @description Dates of the rule that do not happen: a set. */
            excluded_dates?: string[];
            /** @description A set: duplicates fold, case counts. */
            tags?: string[];
            /**
             * Format: uuid
             * @description A project; null: the inbox. A subtask is in the project of its parent.
             */
            project_id?: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id?: string | null;
            /**
             * Format: uuid
             * @description The task that it becomes a subtask of; null: none. At most 5 levels, without circles.
             */
            parent_id?: string | null;
            /** @description Reminders that are made with it. When absent, a task with a time gets that of the profile. */
            reminders?: {
                /**
                 * @description With `minutes_before`: what it is counted from. null: absolute.
                 * @enum {string|null}
                 */
                relative_to?: "due" | "start" | null;
                /** @description With `relative_to`: so many minutes before it; negative: after it. */
                minutes_before?: number | null;
                /**
                 * Format: date-time
                 * @description Instead of both: an instant. null: relative.
                 */
                remind_at?: string | null;
                /** @description Types of channels, a set; null: all that the user has enabled. */
                channels?: ("email" | "webhook" | "push")[] | null;
            }[];
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
        };
        /**
         * @example {
         *       "title": "Buy oat milk",
         *       "version": 1
         *     }
         */
        TaskPatch: {
            /** @description Trimmed; 1–200 characters. */
            title?: string;
            /** @description At most 1000 characters. */
            description?: string | null;
            completed?: boolean;
            /**
             * @description In any case; Medium when absent on creation.
             * @enum {string}
             */
            priority?: "High" | "Medium" | "Low";
            /**
             * Format: date
             * @description A calendar date from 1970-01-01 to 2100-12-31. A date-time at midnight UTC is taken as its date, an empty text as null. null clears time and zone too.
             */
            due_date?: string | null;
            /** @description A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too. */
            due_time?: string | null;
            /** @description IANA name of the zone of `due_time`; null: that of the profile, also when it changes. */
            time_zone?: string | null;
            /**
             * Format: date
             * @description A calendar date: before it, lists can hide the task.
             */
            start_date?: string | null;
            /** @description RRULE (RFC 5545 §3.3.10) of whole days, such as `FREQ=WEEKLY;BYDAY=MO`. The first occurrence is `due_date`. A change of the rule starts it anew from there. null takes the rule away. */
            recurrence?: string | null;
            /**
             * @description `due`: the next date follows the occurrence. `completion`: it follows the day of completion.
             * @enum {string}
             */
            recurrence_from?: "due" | "completion";
            /** @description Dates of the rule that do not happen: a set. */
            excluded_dates?: string[];
            /**
             * Format: date
             * @description With `completed: true`, the one that is done.
             */
            occurrence?: string | null;
            /** @description A set: duplicates fold, case counts. */
            tags?: string[];
            /**
             * Format: uuid
             * @description A project; null: the inbox. A subtask is in the project of its parent.
             */
            project_id?: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id?: string | null;
            /**
             * Format: uuid
             * @description The task that it becomes a subtask of; null: none. At most 5 levels, without circles.
             */
            parent_id?: string | null;
            /** @description Ignored: a move sets it. */
            position?: string;
            /** @description Ignored. */
            progress?: {
                done: number;
                total: number;
            } | null;
            /** @description Ignored. */
            reminder_count?: number;
            /**
             * Format: date-time
             * @description Ignored.
             */
            due_at?: string | null;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /**
             * Format: uuid
             * @description Read-only: the id of the path, if sent.
             */
            id?: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
            /**
             * Format: date-time
             * @description Ignored.
             */
            completed_at?: string | null;
        };
        /**
         * @example {
         *       "id": "6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11",
         *       "user_id": "user_123",
         *       "title": "Buy milk",
         *       "description": null,
         *       "completed": false,
         *       "completed_at": null,
         *       "priority": "High",
         *       "due_date": "2026-12-24",
         *       "due_time": "18:30",
         *       "time_zone": "Europe/Berlin",
         *       "due_at": "2026-12-24T17:30:00.000Z",
         *       "start_date": "2026-12-20",
         *       "recurrence": "FREQ=WEEKLY",
         *       "recurrence_from": "due",
         *       "excluded_dates": [],
         *       "occurrence": "2026-12-24",
         *       "tags": [
         *         "home",
         *         "shopping"
         *       ],
         *       "project_id": "0b6a1f0e-5a6e-4c7d-9f0b-2d1c3e4f5a66",
         *       "section_id": null,
         *       "parent_id": null,
         *       "position": "g0Up8Y1aq",
         *       "progress": {
         *         "done": 1,
         *         "total": 3
         *       },
         *       "reminder_count": 1,
         *       "version": 2,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "deleted_at": "2026-11-22T08:00:00.000Z"
         *     }
         */
        TrashedTask: {
            /** Format: uuid */
            id: string;
            user_id: string;
            title: string;
            description: string | null;
            completed: boolean;
            /** Format: date-time */
            completed_at: string | null;
            /** @enum {string} */
            priority: "High" | "Medium" | "Low";
            /** Format: date */
            due_date: string | null;
            /** @description `HH:MM`; null with a `due_date`: due the whole day. */
            due_time: string | null;
            /** @description IANA name as sent; null: the zone of the profile. */
            time_zone: string | null;
            /**
             * Format: date-time
             * @description The instant of `due_date` and `due_time`; null without a time.
             */
            due_at: string | null;
            /**
             * Format: date
             * @description Hidden until then, if a list asks so.
             */
            start_date: string | null;
            /** @description RRULE (RFC 5545 §3.3.10) as sent; null: no repeat. */
            recurrence: string | null;
            /** @enum {string} */
            recurrence_from: "due" | "completion";
            excluded_dates: string[];
            /**
             * Format: date
             * @description The date that the rule gave the current occurrence, which `due_date` may differ from; null without a rule.
             */
            occurrence: string | null;
            tags: string[];
            /**
             * Format: uuid
             * @description null: in the inbox.
             */
            project_id: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id: string | null;
            /**
             * Format: uuid
             * @description The task that it is a subtask of; null: at the top level.
             */
            parent_id: string | null;
            /** @description Its place in the manual order: compared by code point, and by `id` if equal. */
            position: string;
            /** @description How many of its subtasks are completed; null without subtasks. */
            progress: {
                done: number;
                total: number;
            } | null;
            /** @description How many reminders it has. */
            reminder_count: number;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: date-time */
            deleted_at: string;
        };
        /**
         * @example {
         *       "operations": [
         *         {
         *           "op": "create",
         *           "temp_id": "milk",
         *           "title": "Buy milk",
         *           "tags": [
         *             "shopping"
         *           ]
         *         },
         *         {
         *           "op": "update",
         *           "id": "milk",
         *           "priority": "High"
         *         },
         *         {
         *           "op": "complete",
         *           "id": "milk"
         *         }
         *       ]
         *     }
         */
        BulkRequest: {
            /** @description All operations or none; false when absent: each for itself. */
            atomic?: boolean;
            operations: components["schemas"]["BulkOperation"][];
        };
        BulkResult: {
            /** @enum {string} */
            op: "create" | "update" | "complete" | "skip" | "undo" | "delete" | "restore";
            /** @description 201, 200, 404, 409 or 422, as of a request of its own. */
            status: number;
            /** Format: uuid */
            id: string;
            temp_id?: string;
            task?: components["schemas"]["Task"];
            error?: {
                /** @enum {string} */
                error_code: "INVALID_JSON" | "BAD_REQUEST" | "INVALID_TOKEN" | "UNAUTHORIZED" | "INVALID_CREDENTIALS" | "TOTP_REQUIRED" | "FORBIDDEN" | "REGISTRATION_CLOSED" | "INVITATION_REQUIRED" | "FEATURE_DISABLED" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "VERSION_CONFLICT" | "EMAIL_TAKEN" | "LIMIT_EXCEEDED" | "IDEMPOTENCY_IN_FLIGHT" | "CURSOR_EXPIRED" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "URI_TOO_LONG" | "UNSUPPORTED_MEDIA_TYPE" | "EXPECTATION_FAILED" | "VALIDATION_ERROR" | "IDEMPOTENCY_KEY_REUSED" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL_ERROR" | "SERVICE_UNAVAILABLE" | "OUTCOME_UNKNOWN" | "SERVICE_LOCKED" | "MAIL_NOT_CONFIGURED";
                detail: string;
                current?: components["schemas"]["Task"];
            };
        };
        /**
         * @example {
         *       "completed": true
         *     }
         */
        Completion: {
            completed: boolean;
            /**
             * @description `complete` completes the subtasks on all levels too; `keep`, when absent, leaves them.
             * @enum {string}
             */
            children?: "keep" | "complete";
            /**
             * Format: date
             * @description The `occurrence` that is meant: an earlier one, which is done or skipped already, changes nothing; any other one is answered with 409.
             */
            occurrence?: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "children": "delete",
         *       "version": 1
         *     }
         */
        Deletion: {
            /**
             * @description `keep`, when absent, moves the subtasks up to the parent; `complete` completes those on all levels too; `delete` deletes them.
             * @enum {string}
             */
            children?: "keep" | "complete" | "delete";
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "before": null
         *     }
         */
        TaskMove: {
            /**
             * Format: uuid
             * @description The id of the one that it comes after; null: it becomes the first.
             */
            after?: string | null;
            /**
             * Format: uuid
             * @description Instead of `after`: the id of the one that it comes before; null: it becomes the last.
             */
            before?: string | null;
            /**
             * Format: uuid
             * @description A project; null: the inbox. A subtask is in the project of its parent.
             */
            project_id?: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id?: string | null;
            /**
             * Format: uuid
             * @description The task that it becomes a subtask of; null: none. At most 5 levels, without circles.
             */
            parent_id?: string | null;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "version": 1
         *     }
         */
        Precondition: {
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "due_date": "2026-12-25",
         *       "due_time": "09:00"
         *     }
         */
        Following: {
            /**
             * Format: date
             * @description The new date of the current occurrence.
             */
            due_date?: string;
            /** @description A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too. */
            due_time?: string | null;
            /** @description IANA name of the zone of `due_time`; null: that of the profile, also when it changes. */
            time_zone?: string | null;
            /** @description The new rule; absent: the old one, moved along. */
            recurrence?: string;
            /**
             * @description `due`: the next date follows the occurrence. `completion`: it follows the day of completion.
             * @enum {string}
             */
            recurrence_from?: "due" | "completion";
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "occurrence": "2026-12-24"
         *     }
         */
        OccurrenceChoice: {
            /**
             * Format: date
             * @description The `occurrence` that is meant: an earlier one, which is done or skipped already, changes nothing; any other one is answered with 409.
             */
            occurrence?: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "text": "Pay rent every month on the 1st at 9am @home !high"
         *     }
         */
        QuickAdd: {
            /** @description One line of English: dates, times, repeats, `#project`, `@tag`, `!high`. What is not understood stays in the title. */
            text: string;
            /** @description true: shows what would be stored, and stores nothing. */
            dry_run?: boolean;
        };
        /**
         * @example {
         *       "task": null,
         *       "fields": {
         *         "title": "Buy milk",
         *         "due_date": "2026-12-24",
         *         "tags": [
         *           "home"
         *         ]
         *       },
         *       "understood": [
         *         {
         *           "kind": "date",
         *           "start": 9,
         *           "end": 20,
         *           "text": "24 december",
         *           "value": "2026-12-24"
         *         },
         *         {
         *           "kind": "tag",
         *           "start": 21,
         *           "end": 26,
         *           "text": "@home",
         *           "value": "home"
         *         }
         *       ]
         *     }
         */
        QuickAddResult: {
            /** @description The new task; null with `dry_run`. */
            task: components["schemas"]["Task"] | null;
            fields: {
                title: string;
                /**
                 * Format: date
                 * @description A calendar date from 1970-01-01 to 2100-12-31. A date-time at midnight UTC is taken as its date, an empty text as null. null clears time and zone too.
                 */
                due_date?: string | null;
                /** @description A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too. */
                due_time?: string | null;
                /** @description RRULE (RFC 5545 §3.3.10). */
                recurrence?: string;
                /** @enum {string} */
                priority?: "High" | "Medium" | "Low";
                /** Format: uuid */
                project_id?: string;
                tags?: string[];
            };
            /** @description Ranges of the text that became fields, ascending. */
            understood: {
                /** @enum {string} */
                kind: "date" | "time" | "repeat" | "priority" | "project" | "tag";
                /** @description Offset into the text in UTF-16 units. */
                start: number;
                /** @description Exclusive. */
                end: number;
                /** @description The range as it was written. */
                text: string;
                /** @description As in the field; of a project, its name. */
                value: string;
            }[];
        };
        /**
         * @example {
         *       "name": "home",
         *       "usage_count": 3
         *     }
         */
        Tag: {
            name: string;
            /** @description How many live tasks it is on. */
            usage_count: number;
        };
        /**
         * @example {
         *       "name": "errands"
         *     }
         */
        TagRename: {
            name: string;
        };
        /**
         * @example {
         *       "id": "5d0a7a44-6b7c-4a25-8b4f-70a8b1f0c9e3",
         *       "user_id": "user_123",
         *       "project_id": "3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7",
         *       "name": "To buy",
         *       "position": "a0",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        Section: {
            /** Format: uuid */
            id: string;
            user_id: string;
            /** Format: uuid */
            project_id: string;
            name: string;
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "5d0a7a44-6b7c-4a25-8b4f-70a8b1f0c9e3",
         *       "user_id": "user_123",
         *       "project_id": "3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7",
         *       "name": "To buy",
         *       "position": "a0",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "open_tasks": 2
         *     }
         */
        ListedSection: {
            /** Format: uuid */
            id: string;
            user_id: string;
            /** Format: uuid */
            project_id: string;
            name: string;
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            open_tasks: number;
        };
        /**
         * @example {
         *       "id": "5d0a7a44-6b7c-4a25-8b4f-70a8b1f0c9e3",
         *       "user_id": "user_123",
         *       "project_id": "3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7",
         *       "name": "To buy",
         *       "position": "a0",
         *       "version": 2,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "deleted_at": "2026-11-22T08:00:00.000Z"
         *     }
         */
        TrashedSection: {
            /** Format: uuid */
            id: string;
            user_id: string;
            /** Format: uuid */
            project_id: string;
            name: string;
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: date-time */
            deleted_at: string;
        };
        /**
         * @example {
         *       "name": "To buy"
         *     }
         */
        NewSection: {
            /** @description Trimmed; 1–100 characters. */
            name: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
        };
        /**
         * @example {
         *       "name": "To buy today",
         *       "version": 1
         *     }
         */
        SectionPatch: {
            /** @description Trimmed; 1–100 characters. */
            name?: string;
            /**
             * Format: uuid
             * @description Read-only: the stored value, if sent.
             */
            project_id?: string;
            /** @description Ignored. */
            open_tasks?: number;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /**
             * Format: uuid
             * @description Read-only: the id of the path, if sent.
             */
            id?: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
            /** @description Ignored. */
            position?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
        };
        /**
         * @example {
         *       "id": "3d9a4d0e-6f0c-4b53-8f5e-0a7a3c1b2d44",
         *       "task_id": "6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11",
         *       "relative_to": "due",
         *       "minutes_before": 30,
         *       "remind_at": null,
         *       "channels": null,
         *       "snoozed_until": null,
         *       "next_at": "2026-12-24T17:00:00.000Z",
         *       "fired_at": null,
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        Reminder: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            task_id: string;
            /**
             * @description `due`: counted from the due time, of a whole day from its first instant; `start`: from the first instant of `start_date`; null: absolute.
             * @enum {string|null}
             */
            relative_to: "due" | "start" | null;
            /** @description Before that; negative: after it. null: absolute. */
            minutes_before: number | null;
            /**
             * Format: date-time
             * @description Of an absolute reminder; null: relative.
             */
            remind_at: string | null;
            /** @description null: all that the user has enabled. */
            channels: ("email" | "webhook" | "push")[] | null;
            /**
             * Format: date-time
             * @description While it is snoozed.
             */
            snoozed_until: string | null;
            /**
             * Format: date-time
             * @description When it is sent next. null: not any more, or not while the task is completed, in the trash, or without the date.
             */
            next_at: string | null;
            /**
             * Format: date-time
             * @description When it was last handed to its channels.
             */
            fired_at: string | null;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "relative_to": "due",
         *       "minutes_before": 30
         *     }
         * @example {
         *       "remind_at": "2026-12-24T08:00:00Z"
         *     }
         */
        NewReminder: {
            /**
             * @description With `minutes_before`: what it is counted from. null: absolute.
             * @enum {string|null}
             */
            relative_to?: "due" | "start" | null;
            /** @description With `relative_to`: so many minutes before it; negative: after it. */
            minutes_before?: number | null;
            /**
             * Format: date-time
             * @description Instead of both: an instant. null: relative.
             */
            remind_at?: string | null;
            /** @description Types of channels, a set; null: all that the user has enabled. */
            channels?: ("email" | "webhook" | "push")[] | null;
        };
        /**
         * @example {
         *       "minutes_before": 60,
         *       "version": 1
         *     }
         */
        ReminderPatch: {
            /**
             * @description With `minutes_before`: what it is counted from. null: absolute.
             * @enum {string|null}
             */
            relative_to?: "due" | "start" | null;
            /** @description With `relative_to`: so many minutes before it; negative: after it. */
            minutes_before?: number | null;
            /**
             * Format: date-time
             * @description Instead of both: an instant. null: relative.
             */
            remind_at?: string | null;
            /** @description Types of channels, a set; null: all that the user has enabled. */
            channels?: ("email" | "webhook" | "push")[] | null;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /**
             * Format: uuid
             * @description Read-only: the id of the path, if sent.
             */
            id?: string;
            /**
             * Format: uuid
             * @description Read-only: the stored value, if sent.
             */
            task_id?: string;
            /**
             * Format: date-time
             * @description Ignored.
             */
            snoozed_until?: string | null;
            /**
             * Format: date-time
             * @description Ignored.
             */
            next_at?: string | null;
            /**
             * Format: date-time
             * @description Ignored.
             */
            fired_at?: string | null;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
        };
        /**
         * @example {
         *       "minutes": 10
         *     }
         */
        Snooze: {
            /** @description So many minutes from now. */
            minutes?: number;
            /**
             * Format: date-time
             * @description Instead of `minutes`: an instant in the future.
             */
            until?: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @example {
         *       "id": "3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7",
         *       "user_id": "user_123",
         *       "name": "Kitchen",
         *       "color": "#3366cc",
         *       "archived": false,
         *       "archived_at": null,
         *       "view_defaults": {
         *         "sort_by": "position",
         *         "sort_direction": "asc"
         *       },
         *       "position": "a0",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        Project: {
            /** Format: uuid */
            id: string;
            user_id: string;
            name: string;
            color: string | null;
            archived: boolean;
            /** Format: date-time */
            archived_at: string | null;
            /** @description What a client starts the list of its tasks with: filters and order. The server does not apply them. */
            view_defaults: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred: "all" | "hide" | "only";
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction: "asc" | "desc";
            } | null;
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7",
         *       "user_id": "user_123",
         *       "name": "Kitchen",
         *       "color": "#3366cc",
         *       "archived": false,
         *       "archived_at": null,
         *       "view_defaults": {
         *         "sort_by": "position",
         *         "sort_direction": "asc"
         *       },
         *       "position": "a0",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "open_tasks": 3
         *     }
         */
        ListedProject: {
            /** Format: uuid */
            id: string;
            user_id: string;
            name: string;
            color: string | null;
            archived: boolean;
            /** Format: date-time */
            archived_at: string | null;
            /** @description What a client starts the list of its tasks with: filters and order. The server does not apply them. */
            view_defaults: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred: "all" | "hide" | "only";
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction: "asc" | "desc";
            } | null;
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            open_tasks: number;
        };
        /**
         * @example {
         *       "id": "3f0f6c52-4c0e-4f0b-8a55-0d1f4be0c2a7",
         *       "user_id": "user_123",
         *       "name": "Kitchen",
         *       "color": "#3366cc",
         *       "archived": false,
         *       "archived_at": null,
         *       "view_defaults": {
         *         "sort_by": "position",
         *         "sort_direction": "asc"
         *       },
         *       "position": "a0",
         *       "version": 2,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "deleted_at": "2026-11-22T08:00:00.000Z"
         *     }
         */
        TrashedProject: {
            /** Format: uuid */
            id: string;
            user_id: string;
            name: string;
            color: string | null;
            archived: boolean;
            /** Format: date-time */
            archived_at: string | null;
            /** @description What a client starts the list of its tasks with: filters and order. The server does not apply them. */
            view_defaults: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred: "all" | "hide" | "only";
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction: "asc" | "desc";
            } | null;
            /** @description Its place in the manual order: ascending by code point, then by id. */
            position: string;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: date-time */
            deleted_at: string;
        };
        /**
         * @example {
         *       "name": "Kitchen",
         *       "color": "#3366cc"
         *     }
         */
        NewProject: {
            /** @description Trimmed; 1–100 characters. */
            name: string;
            /** @description As `#3366cc`; stored in lower case. */
            color?: string | null;
            /** @description Tasks of an archived project are in no list but its own. */
            archived?: boolean;
            /** @description What a client starts the list of its tasks with: filters and order. The server does not apply them. */
            view_defaults?: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred: "all" | "hide" | "only";
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction: "asc" | "desc";
            } | null;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
        };
        /**
         * @example {
         *       "archived": true,
         *       "version": 1
         *     }
         */
        ProjectPatch: {
            /** @description Trimmed; 1–100 characters. */
            name?: string;
            /** @description As `#3366cc`; stored in lower case. */
            color?: string | null;
            /** @description Tasks of an archived project are in no list but its own. */
            archived?: boolean;
            /** @description What a client starts the list of its tasks with: filters and order. The server does not apply them. */
            view_defaults?: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                status: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /**
                 * @description In any case.
                 * @default all
                 * @enum {string}
                 */
                priority: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /**
                 * @description Whether a task must have one of the `tags` or all of them.
                 * @default any
                 * @enum {string}
                 */
                tags_match: "any" | "all";
                /**
                 * Format: date
                 * @description Due on this day or later.
                 */
                due_after?: string;
                /**
                 * Format: date
                 * @description Due on this day or earlier.
                 */
                due_before?: string;
                /**
                 * @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date.
                 * @enum {string}
                 */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /**
                 * @description Tasks whose `start_date` is after today in the zone of the profile.
                 * @default all
                 * @enum {string}
                 */
                deferred: "all" | "hide" | "only";
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /**
                 * @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them.
                 * @enum {string}
                 */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /**
                 * @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order.
                 * @default created_at
                 * @enum {string}
                 */
                sort_by: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                /**
                 * @default desc
                 * @enum {string}
                 */
                sort_direction: "asc" | "desc";
            } | null;
            /**
             * Format: date-time
             * @description Ignored.
             */
            archived_at?: string | null;
            /** @description Ignored. */
            open_tasks?: number;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /**
             * Format: uuid
             * @description Read-only: the id of the path, if sent.
             */
            id?: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
            /** @description Ignored. */
            position?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
        };
        /**
         * @example {
         *       "after": null
         *     }
         */
        Move: {
            /**
             * Format: uuid
             * @description The id of the one that it comes after; null: it becomes the first.
             */
            after?: string | null;
            /**
             * Format: uuid
             * @description Instead of `after`: the id of the one that it comes before; null: it becomes the last.
             */
            before?: string | null;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        /**
         * @description An occurrence of a repeating task that is done or skipped.
         * @example {
         *       "id": "7c1d3f0a-52f4-4f0e-8a7b-3f4e2d1c0b9a",
         *       "task_id": "6f1c1f6e-2b0a-4c55-9d3c-0f8c0f1f8a11",
         *       "date": "2026-12-24",
         *       "number": 3,
         *       "status": "done",
         *       "recorded_at": "2026-12-24T17:30:00.000Z"
         *     }
         */
        Occurrence: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            task_id: string;
            /**
             * Format: date
             * @description The date that the rule gave it.
             */
            date: string;
            /** @description 1 is the first since the rule was set. */
            number: number;
            /** @enum {string} */
            status: "done" | "skipped";
            /** Format: date-time */
            recorded_at: string;
        };
        /** @description The current occurrence, or one after it. */
        ComingOccurrence: {
            /**
             * Format: date
             * @description The date that the rule gave it.
             */
            date: string;
            /** @description 1 is the first since the rule was set. */
            number: number;
            /** Format: date */
            due_date: string;
            /** Format: date-time */
            due_at: string | null;
        };
        /**
         * @example {
         *       "id": "3f0f5a35-9a8e-4b0c-8f57-0d1f6f0f7b11",
         *       "user_id": "user_123",
         *       "type": "webhook",
         *       "name": "Home automation",
         *       "enabled": true,
         *       "url": "https://hooks.example/duly",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        Channel: {
            /** Format: uuid */
            id: string;
            user_id: string;
            /** @enum {string} */
            type: "email" | "webhook" | "push";
            /** @description For the user, such as the name of a device; trimmed. */
            name: string | null;
            /** @description Whether reminders are sent to it. */
            enabled: boolean;
            /** @description Of a webhook, its URL; of push, the origin of the push service; of email, null. */
            url: string | null;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        /**
         * @example {
         *       "id": "3f0f5a35-9a8e-4b0c-8f57-0d1f6f0f7b11",
         *       "user_id": "user_123",
         *       "type": "webhook",
         *       "name": "Home automation",
         *       "enabled": true,
         *       "url": "https://hooks.example/duly",
         *       "version": 1,
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "updated_at": "2026-11-21T08:00:00.000Z",
         *       "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD1K2nR2pdnNY="
         *     }
         */
        ChannelWithSecret: {
            /** Format: uuid */
            id: string;
            user_id: string;
            /** @enum {string} */
            type: "email" | "webhook" | "push";
            /** @description For the user, such as the name of a device; trimmed. */
            name: string | null;
            /** @description Whether reminders are sent to it. */
            enabled: boolean;
            /** @description Of a webhook, its URL; of push, the origin of the push service; of email, null. */
            url: string | null;
            version: number;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description The key that signs requests (Standard Webhooks), shown this once; null unless a webhook. */
            secret: string | null;
        };
        /**
         * @example {
         *       "type": "webhook",
         *       "name": "Home automation",
         *       "url": "https://hooks.example/duly"
         *     }
         */
        NewChannel: {
            /** @enum {string} */
            type: "email" | "webhook" | "push";
            /** @description For the user, such as the name of a device; trimmed. */
            name?: string | null;
            /** @description Whether reminders are sent to it. */
            enabled?: boolean;
            /** @description Of a webhook, which needs it. */
            url?: string;
            /** @description Of push, which needs it. */
            endpoint?: string;
            /** @description Of push, which needs them. */
            keys?: {
                /** @description A P-256 point of 65 bytes, in base64url. */
                p256dh: string;
                /** @description 16 bytes in base64url. */
                auth: string;
            };
            /** @description Ignored. */
            expirationTime?: number | null;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
        };
        /**
         * @example {
         *       "enabled": false,
         *       "version": 1
         *     }
         */
        ChannelPatch: {
            /** @description For the user, such as the name of a device; trimmed. */
            name?: string | null;
            /** @description Whether reminders are sent to it. */
            enabled?: boolean;
            /**
             * @description Read-only: the stored value, if sent.
             * @enum {string}
             */
            type?: "email" | "webhook" | "push";
            /** @description Read-only: the stored value, if sent. */
            url?: string | null;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /**
             * Format: uuid
             * @description Read-only: the id of the path, if sent.
             */
            id?: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
        };
        /**
         * @description Never has a text, a header or an address of the receiver's.
         * @example {
         *       "outcome": "failed",
         *       "error": "http_status",
         *       "status": 503,
         *       "duration_ms": 84
         *     }
         */
        ChannelTest: {
            /** @enum {string} */
            outcome: "sent" | "failed";
            /**
             * @description The class of the failure; null if there is none.
             * @enum {string|null}
             */
            error: "timeout" | "connection" | "tls" | "dns" | "refused_address" | "redirect" | "http_status" | "smtp_status" | "gone" | "not_configured" | null;
            /** @description Of HTTP or SMTP, if the receiver answered. */
            status: number | null;
            duration_ms: number;
        };
        /** @description `channel` is there when `op` is `upsert`. */
        ChannelChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "channel";
            /** @description The channel's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            channel?: components["schemas"]["Channel"];
        };
        /** @description `occurrence` is there when `op` is `upsert`. */
        OccurrenceChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "occurrence";
            /** @description The occurrence's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            occurrence?: components["schemas"]["Occurrence"];
        };
        /** @description `profile` is there when `op` is `upsert`. */
        ProfileChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "profile";
            /** @description The user id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            profile?: components["schemas"]["Profile"];
        };
        /** @description `project` is there when `op` is `upsert`. */
        ProjectChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "project";
            /** @description The project's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            project?: components["schemas"]["Project"];
        };
        /** @description `reminder` is there when `op` is `upsert`. */
        ReminderChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "reminder";
            /** @description The reminder's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            reminder?: components["schemas"]["Reminder"];
        };
        /** @description `section` is there when `op` is `upsert`. */
        SectionChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "section";
            /** @description The section's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            section?: components["schemas"]["Section"];
        };
        /** @description `tag` is there when `op` is `upsert`. */
        TagChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "tag";
            /** @description The tag's name. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            tag?: components["schemas"]["Tag"];
        };
        /** @description `task` is there when `op` is `upsert`. */
        TaskChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "task";
            /** @description The task's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            task?: components["schemas"]["Task"];
        };
        /** @description `view` is there when `op` is `upsert`. */
        ViewChange: {
            /** @description The user's revision that it was last changed at. */
            revision: number;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "view";
            /** @description The view's id. */
            id: string;
            /** @enum {string} */
            op: "upsert" | "delete";
            view?: components["schemas"]["View"];
        };
        /** @description The thing as it is now, in the field that `type` names; nothing more when `op` is `delete`. */
        Change: components["schemas"]["ChannelChange"] | components["schemas"]["OccurrenceChange"] | components["schemas"]["ProfileChange"] | components["schemas"]["ProjectChange"] | components["schemas"]["ReminderChange"] | components["schemas"]["SectionChange"] | components["schemas"]["TagChange"] | components["schemas"]["TaskChange"] | components["schemas"]["ViewChange"];
        /**
         * @example {
         *       "seq": 7,
         *       "at": "2026-11-21T08:00:00.000Z",
         *       "actor": "user_ada",
         *       "action": "task.create",
         *       "subject": "0b9d6c1e-8f6e-4a53-bf62-3d4f0b8f7a11",
         *       "outcome": "success",
         *       "count": 1,
         *       "request_id": "6a1f0c8e-2a55-4a0e-9d0c-5a3d1b7f2c44",
         *       "address": "203.0.113.7",
         *       "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
         *     }
         */
        AuditEntry: {
            /** @description Place in the user's chain, without gaps. */
            seq: number;
            /** Format: date-time */
            at: string;
            /** @description The user id that did it; null for a command, for upkeep, or for somebody unknown. */
            actor: string | null;
            /** @description `noun.verb`, such as `task.create`. */
            action: string;
            /** @description Id of the one thing it was done to; null for the user as a whole. */
            subject: string | null;
            /** @enum {string} */
            outcome: "success" | "failure" | "denied";
            /** @description How many alike this entry stands for. */
            count: number;
            /** @description Null when the entry stands for several requests, or for a command. */
            request_id: string | null;
            /** @description IP address of the caller; null when there were several, or for a command. */
            address: string | null;
            /** @description SHA-256, in hex, of the hash before and of this entry. */
            hash: string;
        };
        /**
         * @example {
         *       "id": "5f0c2b62-6f0e-4d5a-9a35-0d8e3b0f6a11",
         *       "kind": "reminder",
         *       "reminder_id": "0b9d6c1e-8f6e-4a53-bf62-3d4f0b8f7a11",
         *       "task_id": "7d8b1f3e-52a4-4c5d-8d0f-2f9f6f1c0b22",
         *       "channel_id": "c1f9a0de-0a3c-4c6f-8e0a-6a0f0c2f7b33",
         *       "channel_type": "email",
         *       "scheduled_at": "2026-11-21T08:00:00.000Z",
         *       "status": "sent",
         *       "late": false,
         *       "attempts": 1,
         *       "next_try_at": null,
         *       "error": null,
         *       "error_status": null,
         *       "created_at": "2026-11-21T08:00:00.120Z",
         *       "finished_at": "2026-11-21T08:00:00.410Z"
         *     }
         */
        Delivery: {
            /**
             * Format: uuid
             * @description Receivers drop repeats by it: `webhook-id`, Message-ID and `id` of a push message.
             */
            id: string;
            /** @enum {string} */
            kind: "reminder" | "digest";
            /**
             * Format: uuid
             * @description Of a reminder; it may be deleted meanwhile.
             */
            reminder_id: string | null;
            /**
             * Format: uuid
             * @description The task of the reminder.
             */
            task_id: string | null;
            /**
             * Format: uuid
             * @description The channel; null for a digest.
             */
            channel_id: string | null;
            /** @enum {string} */
            channel_type: "email" | "webhook" | "push";
            /**
             * Format: date-time
             * @description When it was to be sent.
             */
            scheduled_at: string;
            /** @enum {string} */
            status: "queued" | "sent" | "failed" | "cancelled";
            /** @description It was sent more than 60 s after `scheduled_at` because the service was not running. */
            late: boolean;
            /** @description How often it was tried. */
            attempts: number;
            /**
             * Format: date-time
             * @description Of a `queued` delivery that waits for its next attempt; null while it is being sent.
             */
            next_try_at: string | null;
            /** @description The class of the last failure (`timeout`, `connection`, `tls`, `dns`, `refused_address`, `redirect`, `http_status`, `smtp_status`, `gone`, `not_configured`), or why it was cancelled. */
            error: string | null;
            /** @description The status of HTTP or SMTP with it. */
            error_status: number | null;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was sent, failed for good or was cancelled.
             */
            finished_at: string | null;
        };
        /** @description Everything of a user. Each list comes after those that it refers to. */
        Export: {
            /** @enum {string} */
            format: "duly-export";
            /**
             * @description Another one when a reader has to be changed; members may be added without that.
             * @enum {integer}
             */
            version: 1;
            /** Format: date-time */
            exported_at: string;
            made_by: string;
            /** @description Of every row. */
            user_id: string;
            /** @description What the service has of the user, but not the export. */
            left_out: {
                what: string;
                reason: string;
            }[];
            account: {
                id: string;
                name: string;
                email: string;
                email_verified: boolean;
                image: string | null;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
                role: string | null;
                banned: boolean | null;
                ban_reason: string | null;
                /** Format: date-time */
                ban_expires: string | null;
                first_name: string;
                last_name: string;
                two_factor_enabled: boolean | null;
            } | null;
            credentials: {
                id: string;
                account_id: string;
                provider_id: string;
                /** Format: date-time */
                access_token_expires_at: string | null;
                /** Format: date-time */
                refresh_token_expires_at: string | null;
                scope: string | null;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
            }[];
            sessions: {
                id: string;
                /** Format: date-time */
                expires_at: string;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
                ip_address: string | null;
                user_agent: string | null;
                impersonated_by: string | null;
            }[];
            audit: {
                seq: number;
                /** Format: date-time */
                at: string;
                actor: string | null;
                action: string;
                subject: string | null;
                outcome: string;
                count: number;
                request_id: string | null;
                address: string | null;
                hash: string;
            }[];
            channels: {
                /** Format: uuid */
                id: string;
                type: string;
                name: string | null;
                enabled: boolean;
                url: string | null;
                version: number;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
            }[];
            deliveries: {
                /** Format: uuid */
                id: string;
                kind: string;
                /** Format: uuid */
                reminder_id: string | null;
                /** Format: uuid */
                task_id: string | null;
                /** Format: uuid */
                channel_id: string | null;
                channel_type: string;
                /** Format: date-time */
                scheduled_at: string;
                status: string;
                late: boolean;
                attempts: number;
                /** Format: date-time */
                next_try_at: string | null;
                error: string | null;
                error_status: number | null;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                finished_at: string | null;
            }[];
            projects: {
                /** Format: uuid */
                id: string;
                name: string;
                color: string | null;
                /** @description Any JSON. */
                view_defaults: unknown;
                position: string;
                /** Format: date-time */
                archived_at: string | null;
                version: number;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
                /** Format: date-time */
                deleted_at: string | null;
            }[];
            sections: {
                /** Format: uuid */
                id: string;
                /** Format: uuid */
                project_id: string;
                name: string;
                position: string;
                version: number;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
                /** Format: date-time */
                deleted_at: string | null;
                /** Format: uuid */
                deleted_with: string | null;
            }[];
            tasks: {
                /** Format: uuid */
                id: string;
                title: string;
                description: string | null;
                /** Format: date-time */
                completed_at: string | null;
                /** @enum {string} */
                priority: "High" | "Medium" | "Low";
                /** Format: date */
                due_date: string | null;
                version: number;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
                /** Format: date-time */
                deleted_at: string | null;
                tags: string[];
                /** Format: uuid */
                project_id: string | null;
                /** Format: uuid */
                section_id: string | null;
                /** Format: uuid */
                parent_id: string | null;
                position: string;
                /** Format: uuid */
                deleted_with: string | null;
                /** Format: uuid */
                former_project_id: string | null;
                /** Format: uuid */
                former_section_id: string | null;
                /** Format: uuid */
                former_parent_id: string | null;
                due_time: string | null;
                time_zone: string | null;
                /** Format: date-time */
                due_at: string | null;
                /** Format: date */
                start_date: string | null;
                recurrence: string | null;
                recurrence_from: string;
                excluded_dates: string[];
                /** Format: date */
                occurrence: string | null;
                /** Format: date */
                series_start: string | null;
                series_time: string | null;
                series_zone: string | null;
                occurrence_number: number | null;
            }[];
            occurrences: {
                /** Format: uuid */
                id: string;
                /** Format: uuid */
                task_id: string;
                /** Format: date */
                date: string;
                number: number;
                status: string;
                /** Format: date-time */
                recorded_at: string;
                /** @description Any JSON. */
                before: unknown;
                task_version: number;
            }[];
            profile: {
                first_name: string | null;
                last_name: string | null;
                time_zone: string;
                locale: string;
                default_reminder_minutes: number | null;
                digest_hour: number | null;
                /** Format: date-time */
                digest_next_at: string | null;
                /** Format: date */
                digest_last_on: string | null;
            } | null;
            reminders: {
                /** Format: uuid */
                id: string;
                /** Format: uuid */
                task_id: string;
                relative_to: string | null;
                minutes_before: number | null;
                /** Format: date-time */
                remind_at: string | null;
                channels: string[] | null;
                /** Format: date-time */
                snoozed_until: string | null;
                /** Format: date-time */
                next_at: string | null;
                /** Format: date-time */
                fired_at: string | null;
                version: number;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
            }[];
            tags: {
                name: string;
                /** Format: date-time */
                created_at: string;
            }[];
            access: {
                /** Format: date-time */
                tokens_valid_from: string | null;
                /** Format: date-time */
                banned_at: string | null;
                ban_reason: string | null;
            } | null;
            views: {
                /** Format: uuid */
                id: string;
                name: string;
                /** @description Any JSON. */
                parameters: unknown;
                position: string;
                version: number;
                /** Format: date-time */
                created_at: string;
                /** Format: date-time */
                updated_at: string;
                /** Format: date-time */
                deleted_at: string | null;
            }[];
        };
        /**
         * @description The bytes of the file.
         * @example {
         *       "tasks": [
         *         {
         *           "title": "Buy milk",
         *           "completed": false
         *         }
         *       ]
         *     }
         */
        ImportFile: unknown;
        /**
         * @example {
         *       "dry_run": false,
         *       "created": 12,
         *       "existing": 0,
         *       "skipped": 1,
         *       "projects": 2,
         *       "sections": 0,
         *       "lines": [
         *         {
         *           "place": "line 3",
         *           "kind": "skipped",
         *           "title": "",
         *           "reason": "it has no title"
         *         }
         *       ],
         *       "lines_left_out": 0
         *     }
         */
        ImportResult: {
            /** @description What the file was read as. */
            format: string;
            dry_run: boolean;
            /** @description New tasks, those of `changed` too. */
            created: number;
            /** @description Tasks that the user has already. */
            existing: number;
            /** @description Lines that no task comes of. */
            skipped: number;
            /** @description New projects. */
            projects: number;
            /** @description New sections. */
            sections: number;
            /** @description What was skipped or changed; with `dry_run` every task. At most 1000. */
            lines: {
                /** @description Where in the file: `line 12`, `tasks.3`. */
                place: string;
                /**
                 * @description `changed`: a task comes of it that is not quite the same; `existing`: the user has it already, perhaps in the trash.
                 * @enum {string}
                 */
                kind: "created" | "changed" | "existing" | "skipped";
                /** @description The beginning of the title. */
                title?: string;
                /** @description Of `changed` and `skipped`. */
                reason?: string;
            }[];
            /** @description How many more lines there are. */
            lines_left_out: number;
        };
        /**
         * @example {
         *       "password": "gentle-otter-42"
         *     }
         */
        Erasure: {
            /** @description Of the account, for a token of a log-in of this server. */
            password?: string;
            /** @description The user id, for a token of another issuer. */
            confirm?: string;
        };
        /**
         * @example {
         *       "email": "ada@example.com",
         *       "password": "gentle-otter-42",
         *       "first_name": "Ada",
         *       "last_name": "Lovelace"
         *     }
         */
        Registration: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
            first_name: string;
            last_name: string;
            /** @description The token of an invitation to this address; wanted where REGISTRATION is `invite`. */
            invitation?: string;
        };
        /**
         * @example {
         *       "email": "ada@example.com",
         *       "password": "gentle-otter-42"
         *     }
         */
        Credentials: {
            /** Format: email */
            email: string;
            password: string;
            /** @description Six digits, wanted of accounts with a second factor; white space, as apps show it, is ignored. */
            totp_code?: string;
        };
        /**
         * @example {
         *       "current_password": "gentle-otter-42",
         *       "new_password": "quiet-heron-77"
         *     }
         */
        PasswordChange: {
            current_password: string;
            /** Format: password */
            new_password: string;
        };
        /**
         * @example {
         *       "email": "ada@example.com"
         *     }
         */
        PasswordResetRequest: {
            /** Format: email */
            email: string;
        };
        /**
         * @example {
         *       "token": "k0nV9b8x2mQ4tR7yW1zE5uI3oP6aS8dF",
         *       "new_password": "quiet-heron-77"
         *     }
         */
        PasswordResetConfirmation: {
            /** @description From the link in the mail. */
            token: string;
            /** Format: password */
            new_password: string;
        };
        /**
         * @example {
         *       "email": "ada.lovelace@example.com",
         *       "password": "gentle-otter-42"
         *     }
         */
        EmailChangeRequest: {
            /** Format: email */
            email: string;
            password: string;
        };
        /**
         * @example {
         *       "id": "q1Zy8mGJ0c5oT3vN7xW2bE4rK6uP9sHd",
         *       "created_at": "2026-11-21T08:00:00.000Z",
         *       "expires_at": "2026-11-28T08:00:00.000Z",
         *       "ip_address": "203.0.113.7",
         *       "user_agent": "curl/8.5.0",
         *       "current": true
         *     }
         */
        Session: {
            id: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            ip_address: string | null;
            user_agent: string | null;
            /** @description Whether it is the one behind the token of this request. */
            current: boolean;
        };
        /**
         * @example {
         *       "id": "ZvpeXabhuMsR1hFWnhQhP2r5yLnJRUnp",
         *       "email": "ada@example.com",
         *       "email_verified": true,
         *       "first_name": "Ada",
         *       "last_name": "Lovelace",
         *       "time_zone": "Europe/London",
         *       "locale": "en-GB",
         *       "default_reminder_minutes": 15,
         *       "digest_hour": 7,
         *       "role": "user",
         *       "created_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        Profile: {
            id: string;
            /** @description null for a user of another issuer. */
            email: string | null;
            email_verified: boolean;
            first_name: string | null;
            last_name: string | null;
            /** @description IANA name, as it was sent. */
            time_zone: string;
            /** @description BCP 47, as it was sent. */
            locale: string;
            /** @description A task that gets a due time gets a reminder so many minutes before it; null: none. */
            default_reminder_minutes: number | null;
            /** @description The hour of the day, in `time_zone`, at which the digest is mailed; null: never. */
            digest_hour: number | null;
            /** @enum {string} */
            role: "user" | "admin";
            /**
             * Format: date-time
             * @description Of a user of another issuer, the first write; null before it.
             */
            created_at: string | null;
        };
        /**
         * @example {
         *       "first_name": "Ada",
         *       "time_zone": "Europe/London",
         *       "locale": "en-GB"
         *     }
         */
        ProfilePatch: {
            first_name?: string | null;
            last_name?: string | null;
            time_zone?: string;
            locale?: string;
            /** @description For tasks that get a due time and have no reminder; null: none. */
            default_reminder_minutes?: number | null;
            /** @description 0 to 23; null turns the digest off. */
            digest_hour?: number | null;
            /** @description Read-only: the stored value, if sent. */
            id?: string | null;
            /** @description Read-only: the stored value, if sent. */
            email?: string | null;
            /** @description Read-only: the stored value, or false, if sent. */
            email_verified?: boolean;
            /** @description Read-only: the stored value, or `user`, if sent. */
            role?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored value, if sent.
             */
            created_at?: string | null;
        };
        /**
         * @example {
         *       "id": "ZvpeXabhuMsR1hFWnhQhP2r5yLnJRUnp",
         *       "email": "ada@example.com",
         *       "first_name": "Ada",
         *       "last_name": "Lovelace",
         *       "role": "user",
         *       "created_at": "2026-11-21T08:00:00.000Z"
         *     }
         */
        User: {
            id: string;
            email: string;
            first_name: string;
            last_name: string;
            /** @enum {string} */
            role: "user" | "admin";
            /** Format: date-time */
            created_at: string;
        };
        AdminUser: {
            id: string;
            /** @description null for a user id of another issuer. */
            email: string | null;
            first_name: string | null;
            last_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** Format: date-time */
            banned_at: string | null;
            ban_reason: string | null;
            /** Format: date-time */
            created_at: string;
        };
        AdminUserDetails: {
            id: string;
            /** @description null for a user id of another issuer. */
            email: string | null;
            first_name: string | null;
            last_name: string | null;
            /** @enum {string} */
            role: "user" | "admin";
            /** Format: date-time */
            banned_at: string | null;
            ban_reason: string | null;
            /** Format: date-time */
            created_at: string;
            /** @description Whether the address was confirmed. */
            email_verified: boolean;
            /** @description Whether log-ins want a second factor. */
            two_factor: boolean;
            /** @description Without those in the trash. */
            tasks: number;
            trashed_tasks: number;
            /** @description Sessions that live. */
            sessions: number;
            /**
             * Format: date-time
             * @description By the audit log; null for never, and for a user of another issuer.
             */
            last_login_at: string | null;
        };
        /**
         * @example {
         *       "email": "grace@example.com",
         *       "first_name": "Grace",
         *       "last_name": "Hopper"
         *     }
         */
        NewUser: {
            /** Format: email */
            email: string;
            /** @description Without one, the address up to its @. */
            first_name?: string;
            last_name?: string;
        };
        OneTimeLink: {
            /** @description Opens the page for a new password; good once. */
            url: string;
            /** Format: date-time */
            expires_at: string;
        };
        Invitation: {
            id: string;
            email: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
        };
        /**
         * @example {
         *       "email": "grace@example.com"
         *     }
         */
        InvitationRequest: {
            /** Format: email */
            email: string;
        };
        NewInvitation: {
            id: string;
            email: string;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            expires_at: string;
            /** @description `invitation` of a registration. */
            token: string;
            /** @description This server's page that registers with it. */
            url: string;
        };
        /**
         * @example {
         *       "reason": "Sends spam"
         *     }
         */
        Ban: {
            /** @description For other admins. */
            reason?: string;
        };
        /**
         * @example {
         *       "role": "admin"
         *     }
         */
        RoleChange: {
            /** @enum {string} */
            role: "user" | "admin";
        };
        /**
         * @example {
         *       "loc": [
         *         "body",
         *         "title"
         *       ],
         *       "msg": "is missing",
         *       "type": "required"
         *     }
         */
        Issue: {
            loc: (string | number)[];
            msg: string;
            type: string;
        };
        Problem: {
            detail: string;
            /** @enum {string} */
            error_code: "INVALID_JSON" | "BAD_REQUEST" | "INVALID_TOKEN" | "UNAUTHORIZED" | "INVALID_CREDENTIALS" | "TOTP_REQUIRED" | "FORBIDDEN" | "REGISTRATION_CLOSED" | "INVITATION_REQUIRED" | "FEATURE_DISABLED" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "REQUEST_TIMEOUT" | "VERSION_CONFLICT" | "EMAIL_TAKEN" | "LIMIT_EXCEEDED" | "IDEMPOTENCY_IN_FLIGHT" | "CURSOR_EXPIRED" | "PRECONDITION_FAILED" | "PAYLOAD_TOO_LARGE" | "URI_TOO_LONG" | "UNSUPPORTED_MEDIA_TYPE" | "EXPECTATION_FAILED" | "VALIDATION_ERROR" | "IDEMPOTENCY_KEY_REUSED" | "RATE_LIMITED" | "HEADERS_TOO_LARGE" | "INTERNAL_ERROR" | "SERVICE_UNAVAILABLE" | "OUTCOME_UNKNOWN" | "SERVICE_LOCKED" | "MAIL_NOT_CONFIGURED";
            status_code: number;
            /** Format: date-time */
            timestamp: string;
            request_id: string;
            current?: components["schemas"]["Channel"] | components["schemas"]["Project"] | components["schemas"]["Reminder"] | components["schemas"]["Section"] | components["schemas"]["Task"] | components["schemas"]["View"];
            errors?: components["schemas"]["Issue"][];
        };
        BulkCreate: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "create";
            /** @description A name of your own for the new task, which later operations of the request may use as `id`. */
            temp_id?: string;
            /** @description Trimmed; 1–200 characters. */
            title: string;
            /** @description At most 1000 characters. */
            description?: string | null;
            completed?: boolean;
            /**
             * @description In any case; Medium when absent on creation.
             * @enum {string}
             */
            priority?: "High" | "Medium" | "Low";
            /**
             * Format: date
             * @description A calendar date from 1970-01-01 to 2100-12-31. A date-time at midnight UTC is taken as its date, an empty text as null. null clears time and zone too.
             */
            due_date?: string | null;
            /** @description A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too. */
            due_time?: string | null;
            /** @description IANA name of the zone of `due_time`; null: that of the profile, also when it changes. */
            time_zone?: string | null;
            /**
             * Format: date
             * @description A calendar date: before it, lists can hide the task.
             */
            start_date?: string | null;
            /** @description RRULE (RFC 5545 §3.3.10) of whole days, such as `FREQ=WEEKLY;BYDAY=MO`. The first occurrence is `due_date`. A change of the rule starts it anew from there. null takes the rule away. */
            recurrence?: string | null;
            /**
             * @description `due`: the next date follows the occurrence. `completion`: it follows the day of completion.
             * @enum {string}
             */
            recurrence_from?: "due" | "completion";
            /** @description Dates of the rule that do not happen: a set. */
            excluded_dates?: string[];
            /** @description A set: duplicates fold, case counts. */
            tags?: string[];
            /**
             * Format: uuid
             * @description A project; null: the inbox. A subtask is in the project of its parent.
             */
            project_id?: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id?: string | null;
            /** @description The task that it becomes a subtask of, by `id` or `temp_id`; null: none. */
            parent_id?: string | null;
            /** @description Reminders that are made with it. When absent, a task with a time gets that of the profile. */
            reminders?: {
                /**
                 * @description With `minutes_before`: what it is counted from. null: absolute.
                 * @enum {string|null}
                 */
                relative_to?: "due" | "start" | null;
                /** @description With `relative_to`: so many minutes before it; negative: after it. */
                minutes_before?: number | null;
                /**
                 * Format: date-time
                 * @description Instead of both: an instant. null: relative.
                 */
                remind_at?: string | null;
                /** @description Types of channels, a set; null: all that the user has enabled. */
                channels?: ("email" | "webhook" | "push")[] | null;
            }[];
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
        };
        BulkUpdate: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "update";
            /** @description Trimmed; 1–200 characters. */
            title?: string;
            /** @description At most 1000 characters. */
            description?: string | null;
            completed?: boolean;
            /**
             * @description In any case; Medium when absent on creation.
             * @enum {string}
             */
            priority?: "High" | "Medium" | "Low";
            /**
             * Format: date
             * @description A calendar date from 1970-01-01 to 2100-12-31. A date-time at midnight UTC is taken as its date, an empty text as null. null clears time and zone too.
             */
            due_date?: string | null;
            /** @description A time `HH:MM` of the `due_date`; null: the whole day, which clears the zone too. */
            due_time?: string | null;
            /** @description IANA name of the zone of `due_time`; null: that of the profile, also when it changes. */
            time_zone?: string | null;
            /**
             * Format: date
             * @description A calendar date: before it, lists can hide the task.
             */
            start_date?: string | null;
            /** @description RRULE (RFC 5545 §3.3.10) of whole days, such as `FREQ=WEEKLY;BYDAY=MO`. The first occurrence is `due_date`. A change of the rule starts it anew from there. null takes the rule away. */
            recurrence?: string | null;
            /**
             * @description `due`: the next date follows the occurrence. `completion`: it follows the day of completion.
             * @enum {string}
             */
            recurrence_from?: "due" | "completion";
            /** @description Dates of the rule that do not happen: a set. */
            excluded_dates?: string[];
            /**
             * Format: date
             * @description With `completed: true`, the one that is done.
             */
            occurrence?: string | null;
            /** @description A set: duplicates fold, case counts. */
            tags?: string[];
            /**
             * Format: uuid
             * @description A project; null: the inbox. A subtask is in the project of its parent.
             */
            project_id?: string | null;
            /**
             * Format: uuid
             * @description A section of the project.
             */
            section_id?: string | null;
            /** @description The task that it becomes a subtask of, by `id` or `temp_id`; null: none. */
            parent_id?: string | null;
            /** @description Ignored: a move sets it. */
            position?: string;
            /** @description Ignored. */
            progress?: {
                done: number;
                total: number;
            } | null;
            /** @description Ignored. */
            reminder_count?: number;
            /**
             * Format: date-time
             * @description Ignored.
             */
            due_at?: string | null;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
            /** @description A task's `id`, or the `temp_id` of an earlier `create` of the request. */
            id: string;
            /** @description Read-only: the user of the path, if sent. */
            user_id?: string;
            /**
             * Format: date-time
             * @description Read-only: the stored time, if sent.
             */
            created_at?: string;
            /**
             * Format: date-time
             * @description Without `version` and `If-Match`, a time before the stored one is a stale copy, answered with 409.
             */
            updated_at?: string;
            /**
             * Format: date-time
             * @description Ignored.
             */
            completed_at?: string | null;
        };
        BulkComplete: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "complete";
            /** @description A task's `id`, or the `temp_id` of an earlier `create` of the request. */
            id: string;
            /** @description true when absent. */
            completed?: boolean;
            /**
             * @description `complete` completes the subtasks on all levels too; `keep`, when absent, leaves them.
             * @enum {string}
             */
            children?: "keep" | "complete";
            /**
             * Format: date
             * @description The `occurrence` that is meant: an earlier one, which is done or skipped already, changes nothing; any other one is answered with 409.
             */
            occurrence?: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        BulkSkip: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "skip";
            /** @description A task's `id`, or the `temp_id` of an earlier `create` of the request. */
            id: string;
            /**
             * Format: date
             * @description The `occurrence` that is meant: an earlier one, which is done or skipped already, changes nothing; any other one is answered with 409.
             */
            occurrence?: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        BulkUndo: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "undo";
            /** @description A task's `id`, or the `temp_id` of an earlier `create` of the request. */
            id: string;
            /**
             * Format: date
             * @description The `occurrence` that is meant: an earlier one, which is done or skipped already, changes nothing; any other one is answered with 409.
             */
            occurrence?: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        BulkDelete: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "delete";
            /** @description A task's `id`, or the `temp_id` of an earlier `create` of the request. */
            id: string;
            /**
             * @description `keep`, when absent, moves the subtasks up to the parent; `complete` completes those on all levels too; `delete` deletes them.
             * @enum {string}
             */
            children?: "keep" | "complete" | "delete";
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        BulkRestore: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            op: "restore";
            /** @description A task's `id`, or the `temp_id` of an earlier `create` of the request. */
            id: string;
            /** @description The version the change is based on; another one is answered with 409. */
            version?: number;
        };
        BulkOperation: components["schemas"]["BulkCreate"] | components["schemas"]["BulkUpdate"] | components["schemas"]["BulkComplete"] | components["schemas"]["BulkSkip"] | components["schemas"]["BulkUndo"] | components["schemas"]["BulkDelete"] | components["schemas"]["BulkRestore"];
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export interface operations {
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description The new user, with an access token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        access_token: string;
                        /** @enum {string} */
                        token_type: "bearer";
                        /** @description Seconds. */
                        expires_in: number;
                        user: components["schemas"]["User"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description An access token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        access_token: string;
                        /** @enum {string} */
                        token_type: "bearer";
                        /** @description Seconds. */
                        expires_in: number;
                        user: components["schemas"]["User"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetRequest"];
            };
        };
        responses: {
            /** @description A link is on its way if there is such an account. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    confirmPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetConfirmation"];
            };
        };
        responses: {
            /** @description The password is the new one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    confirmEmailChange: {
        parameters: {
            query: {
                /** @description From the link in the mail. */
                token: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account has the new address, and it is confirmed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    unsubscribeDigest: {
        parameters: {
            query: {
                /** @description That of the mail. */
                token: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There are no more digests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is over. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Profile"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    eraseUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Erasure"];
            };
        };
        responses: {
            /** @description Nobody gets in any more, and what is stored is being erased. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    patchProfile: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfilePatch"];
            };
        };
        responses: {
            /** @description The profile as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Profile"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    exportUser: {
        parameters: {
            query?: {
                /** @description `json`: everything; `csv`: the tasks, as a table; `ics`: the tasks, as VTODO of iCalendar, without the trash. */
                format?: "json" | "csv" | "ics";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                    "text/csv": string;
                    "text/calendar": string;
                };
            };
        };
    };
    importTasks: {
        parameters: {
            query?: {
                /** @description Which program the file is of; absent: found out. */
                format?: "duly-json" | "todoist-zip" | "ics" | "google-tasks" | "taskwarrior" | "microsoft-todo" | "duly-csv" | "ticktick-csv" | "todoist-csv" | "console-json" | "console-csv" | "todo-txt";
                /** @description Of the file: it helps to find the format, and of some programs it is the name of a project. */
                file_name?: string;
                /** @description Tells what would come of each task, and stores nothing. */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ImportFile"];
                "text/csv": components["schemas"]["ImportFile"];
                "text/calendar": components["schemas"]["ImportFile"];
                "text/plain": components["schemas"]["ImportFile"];
                "application/zip": components["schemas"]["ImportFile"];
                "application/octet-stream": components["schemas"]["ImportFile"];
            };
        };
        responses: {
            /** @description What was made of the file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ImportResult"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The password is the new one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        access_token: string;
                        /** @enum {string} */
                        token_type: "bearer";
                        /** @description Seconds. */
                        expires_in: number;
                        user: components["schemas"]["User"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    requestEmailChange: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailChangeRequest"];
            };
        };
        responses: {
            /** @description The link is on its way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    sendEmailVerification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link is on its way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sessions that live, the newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Session"][];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    endOtherSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The other sessions are over. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's `id`. */
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session is over. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listTasks: {
        parameters: {
            query?: {
                /** @description Literal part of title or description; case and accents do not count. */
                search?: string;
                /** @description In any case. */
                status?: "all" | "pending" | "completed";
                /** @description The same filter as `status`, as a boolean. */
                completed?: boolean;
                /** @description In any case. */
                priority?: "all" | "High" | "Medium" | "Low";
                /** @description Repeatable, as `tags=a&tags=b` or `tags[]=a&tags[]=b`. */
                tags?: string[];
                /** @description Whether a task must have one of the `tags` or all of them. */
                tags_match?: "any" | "all";
                /** @description Due on this day or later. */
                due_after?: string;
                /** @description Due on this day or earlier. */
                due_before?: string;
                /** @description By the clock in the zone of the profile. `overdue`: pending, and due before today or at a time that has passed; `week`: today and the six days after it; `none`, `any`: without and with a due date. */
                due?: "overdue" | "today" | "tomorrow" | "week" | "none" | "any";
                /** @description Tasks whose `start_date` is after today in the zone of the profile. */
                deferred?: "all" | "hide" | "only";
                /** @description Tasks of this project; `none`: those without a project, the inbox. */
                project_id?: string;
                /** @description Tasks of this section; `none`: those without a section. */
                section_id?: string;
                /** @description Subtasks of this task; `none`: tasks that are no subtasks. */
                parent_id?: string;
                /** @description Tasks of archived projects. When absent, v1 hides them, but not in the list of a project, section or task; the bare surface shows them. */
                archived?: "hide" | "show" | "only";
                /** @description Whether tasks have reminders, sent or not. */
                has_reminder?: boolean;
                /** @description Priority ascending is High, Medium, Low. `due_date` is by instant: a date is the first one of its day in the zone of the profile; tasks without a due date come last in both directions. `position` is the manual order. */
                sort_by?: "created_at" | "updated_at" | "title" | "due_date" | "priority" | "position";
                sort_direction?: "asc" | "desc";
                /** @description A saved view, or a built-in one: its filters and order hold where the request does not have the parameter. */
                view?: string;
                /** @description Most tasks on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tasks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    createTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTask"];
            };
        };
        responses: {
            /** @description The new task. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The task. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    putTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskPatch"];
            };
        };
        responses: {
            /** @description The task after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Deletion"];
            };
        };
        responses: {
            /** @description The task is deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskPatch"];
            };
        };
        responses: {
            /** @description The task after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    completeTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Completion"];
            };
        };
        responses: {
            /** @description The task after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    moveTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskMove"];
            };
        };
        responses: {
            /** @description The task after the move. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    bulkTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description What became of each operation, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BulkResult"][];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    quickAddTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuickAdd"];
            };
        };
        responses: {
            /** @description The task, or with `dry_run` only what it would be made of. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["QuickAddResult"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateFollowing: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Following"];
            };
        };
        responses: {
            /** @description The task after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listOccurrences: {
        parameters: {
            query?: {
                /** @description Most occurrences on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
                /** @description Most occurrences in `coming`. */
                coming?: number;
            };
            header?: never;
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of occurrences. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Occurrence"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                        coming: components["schemas"]["ComingOccurrence"][];
                    };
                };
            };
        };
    };
    skipOccurrence: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["OccurrenceChoice"];
            };
        };
        responses: {
            /** @description The task after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    undoOccurrence: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["OccurrenceChoice"];
            };
        };
        responses: {
            /** @description The task after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listReminders: {
        parameters: {
            query?: {
                /** @description Whether they are still to be sent: whether they have a `next_at`. */
                pending?: boolean;
                /** @description Most reminders on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of reminders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Reminder"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    listTaskReminders: {
        parameters: {
            query?: {
                /** @description Most reminders on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of reminders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Reminder"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    createReminder: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewReminder"];
            };
        };
        responses: {
            /** @description The new reminder. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Reminder"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getReminder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The task's `id`. */
                task_id: string;
                /** @description The reminder's `id`. */
                reminder_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reminder. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Reminder"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteReminder: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
                /** @description The reminder's `id`. */
                reminder_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The reminder is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateReminder: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
                /** @description The reminder's `id`. */
                reminder_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReminderPatch"];
            };
        };
        responses: {
            /** @description The reminder after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Reminder"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    snoozeReminder: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
                /** @description The reminder's `id`. */
                reminder_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Snooze"];
            };
        };
        responses: {
            /** @description The reminder after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Reminder"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listTrash: {
        parameters: {
            query?: {
                /** @description Most tasks on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the trash. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["TrashedTask"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    emptyTrash: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The trash is empty; `purged` tasks are gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            purged: number;
                        };
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    restoreTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The task, live again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    purgeTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The task's `id`. */
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The task is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listTags: {
        parameters: {
            query?: {
                /** @description Literal part of the name; case and accents do not count. */
                search?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tags on live tasks, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Tag"][];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteTag: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No task has the tag. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    renameTag: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagRename"];
            };
        };
        responses: {
            /** @description The tag as it is called now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Tag"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listProjects: {
        parameters: {
            query?: {
                /** @description Whether archived projects are listed. */
                archived?: "hide" | "show" | "only";
                /** @description Most projects on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ListedProject"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                        /** @description The open tasks of no project. */
                        inbox: {
                            open_tasks: number;
                        };
                    };
                };
            };
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description The new project. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Project"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Project"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteProject: {
        parameters: {
            query: {
                /** @description What becomes of its live tasks: they go to the trash with it, or stay without a project. A restore brings both back. */
                tasks: "trash" | "inbox";
            };
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The project is in the trash. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectPatch"];
            };
        };
        responses: {
            /** @description The project after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Project"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    moveProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Move"];
            };
        };
        responses: {
            /** @description The project after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Project"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listSections: {
        parameters: {
            query?: {
                /** @description Most sections on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of sections. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ListedSection"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    createSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSection"];
            };
        };
        responses: {
            /** @description The new section. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Section"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getSection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The section's `id`. */
                section_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The section. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Section"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The section's `id`. */
                section_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The section is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The section's `id`. */
                section_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SectionPatch"];
            };
        };
        responses: {
            /** @description The section after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Section"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    moveSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The section's `id`. */
                section_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Move"];
            };
        };
        responses: {
            /** @description The section after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Section"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listViews: {
        parameters: {
            query?: {
                /** @description Most views on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of views. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    createView: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewView"];
            };
        };
        responses: {
            /** @description The new view. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The view's `id`. */
                view_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The view. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteView: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The view's `id`. */
                view_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The view is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateView: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The view's `id`. */
                view_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewPatch"];
            };
        };
        responses: {
            /** @description The view after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    moveView: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The view's `id`. */
                view_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Move"];
            };
        };
        responses: {
            /** @description The view after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listChannels: {
        parameters: {
            query?: {
                /** @description Most channels on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of channels. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    createChannel: {
        parameters: {
            query?: never;
            header?: {
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewChannel"];
            };
        };
        responses: {
            /** @description The new channel. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ChannelWithSecret"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The channel's `id`. */
                channel_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The channel. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    deleteChannel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The channel's `id`. */
                channel_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The channel is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    updateChannel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The channel's `id`. */
                channel_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChannelPatch"];
            };
        };
        responses: {
            /** @description The channel after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    rotateChannelSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The channel's `id`. */
                channel_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The channel with its new secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ChannelWithSecret"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    testChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The channel's `id`. */
                channel_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What became of the message. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ChannelTest"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    getPushKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The public key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description An uncompressed P-256 point, in base64url. */
                            public_key: string;
                        };
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listTrashedProjects: {
        parameters: {
            query?: {
                /** @description Most projects on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the trash. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["TrashedProject"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    restoreProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The project after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Project"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    purgeProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The project's `id`. */
                project_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The project is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listTrashedSections: {
        parameters: {
            query?: {
                /** @description Most sections on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the trash. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["TrashedSection"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    restoreSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The section's `id`. */
                section_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The section after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Section"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    purgeSection: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The section's `id`. */
                section_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The section is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listTrashedViews: {
        parameters: {
            query?: {
                /** @description Most views on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the trash. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["TrashedView"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    restoreView: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The view's `id`. */
                view_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The view after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["View"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    purgeView: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version the change is based on, quoted: `"3"`, or its `ETag`; another one is answered with 412. */
                "if-match"?: string;
                /** @description A value of your own for this write, such as a UUID: the same request sent again within 24 hours changes nothing and gets the first answer, with `Idempotency-Replayed: true`. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The view's `id`. */
                view_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Precondition"];
            };
        };
        responses: {
            /** @description The view is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    listChanges: {
        parameters: {
            query?: {
                /** @description The `next_cursor` of the answer before; absent to start from nothing. */
                since?: string;
                limit?: number;
                /** @description Seconds to wait for a change when there is none yet. */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Changes, the oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Change"][];
                        message: string;
                        status_code: number;
                        /** @description Where to go on: with `has_more` at once, else later. */
                        next_cursor: string;
                        /** @description Whether more is there already; `data` may be empty all the same. */
                        has_more: boolean;
                    };
                };
            };
        };
    };
    streamEvents: {
        parameters: {
            query?: {
                /** @description A `next_cursor`; absent to start with what changes from now on. */
                since?: string;
                /** @description For clients that cannot send `Last-Event-ID`; that header wins, and both win over `since`. */
                lastEventId?: string;
            };
            header?: {
                /** @description The id of the last event that came: the stream goes on there, whatever `since` says. */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, until the client or the token goes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Most deliveries on a page. */
                limit?: number;
                /** @description 0 when absent; not with `cursor`. */
                offset?: number;
                /** @description A `next_cursor`, or from a `Link`; not with `offset`. */
                cursor?: string;
                status?: "queued" | "sent" | "failed" | "cancelled";
                reminder_id?: string;
                task_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Delivery"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            /** @description null when paging by cursor */
                            offset: number | null;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditEntry"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    adminListUsers: {
        parameters: {
            query?: {
                /** @description Part of an email address, or a whole user id. */
                search?: string;
                limit?: number;
                /** @description `next_after` of the page before: a user id. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of users. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AdminUser"][];
                        message: string;
                        status_code: number;
                        next_after: string | null;
                    };
                };
            };
        };
    };
    adminCreateUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The new user, and the link. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            user: components["schemas"]["AdminUser"];
                            link: components["schemas"]["OneTimeLink"];
                        };
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminBanUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ban"];
            };
        };
        responses: {
            /** @description The banned user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AdminUser"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminUnbanUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AdminUser"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminSetRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleChange"];
            };
        };
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AdminUser"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminGetUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AdminUserDetails"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminEraseUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nobody gets in any more, and what is stored is being erased. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminCreatePasswordLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["OneTimeLink"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminListSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sessions that live, the newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Session"][];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminEndSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AdminUser"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminListInvitations: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_after` of the page before. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of invitations. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Invitation"][];
                        message: string;
                        status_code: number;
                        next_after: string | null;
                    };
                };
            };
        };
    };
    adminCreateInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitationRequest"];
            };
        };
        responses: {
            /** @description The invitation, with its token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["NewInvitation"];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminRevokeInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The invitation's `id`. */
                invitation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The invitation is no longer good. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: null;
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminListUserAudit: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description A user id. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditEntry"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    adminListServiceAudit: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditEntry"][];
                        message: string;
                        status_code: number;
                        pagination: {
                            total: number;
                            limit: number;
                            next_cursor: string | null;
                        };
                    };
                };
            };
        };
    };
    adminGetLock: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether the service is locked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** Format: date-time */
                            locked_at: string | null;
                        };
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminLock: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether the service is locked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** Format: date-time */
                            locked_at: string | null;
                        };
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminUnlock: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether the service is locked. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** Format: date-time */
                            locked_at: string | null;
                        };
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
    adminListFlags: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every feature flag. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            name: string;
                            /** @description What stops for users whom it is off for. */
                            description: string;
                            /** @description The percentage of users whom it is on for, by the settings of the instance that answers. */
                            percent: number;
                            /** @description Without `FEATURE_FLAGS`. */
                            default_percent: number;
                            /** @description The flag that has to be on for a user as well. */
                            needs: string | null;
                            /** @description The folder whose maintainers decide about the flag. */
                            owner: string;
                            /**
                             * Format: date
                             * @description The last day of the flag in the code.
                             */
                            expires: string;
                        }[];
                        message: string;
                        status_code: number;
                    };
                };
            };
        };
    };
}
