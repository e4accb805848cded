import type { Context } from '../context.ts';
import { notFound } from '../platform/errors.ts';
import type { App } from './app-type.ts';
import { bare } from './bare/render.ts';
import { betterAuthRoutes } from './better-auth/routes.ts';
import type { HiddenRoute, Operation } from './contract/operation.ts';
import type { Access } from './contract/operation-schema.ts';
import { plain, type Surface } from './contract/surface.ts';
import { apiPageRoutes } from './docs/docs-page.ts';
import * as docs from './docs/handlers.ts';
import * as account from './handlers/account.ts';
import * as accounts from './handlers/admin-accounts.ts';
import * as flags from './handlers/admin-flags.ts';
import * as invitations from './handlers/admin-invitations.ts';
import * as lock from './handlers/admin-lock.ts';
import * as users from './handlers/admin-users.ts';
import * as audit from './handlers/audit.ts';
import * as auth from './handlers/auth.ts';
import * as bulk from './handlers/bulk.ts';
import * as channels from './handlers/channels.ts';
import * as deliveries from './handlers/deliveries.ts';
import * as digest from './handlers/digest.ts';
import * as feed from './handlers/feed.ts';
import * as health from './handlers/health.ts';
import * as imports from './handlers/import.ts';
import * as linkPages from './handlers/link-pages.ts';
import { metricsRoute } from './handlers/metrics.ts';
import * as occurrences from './handlers/occurrences.ts';
import * as profile from './handlers/profile.ts';
import * as projects from './handlers/projects.ts';
import * as quickAdd from './handlers/quick-add.ts';
import * as reminders from './handlers/reminders.ts';
import * as sections from './handlers/sections.ts';
import * as tags from './handlers/tags.ts';
import * as taskMove from './handlers/task-move.ts';
import * as tasks from './handlers/tasks.ts';
import * as trash from './handlers/trash.ts';
import * as userData from './handlers/user-data.ts';
import * as views from './handlers/views.ts';
import { v1 } from './v1/render.ts';
import { homeRoutes } from './web/web-app.ts';

/** Registers its own routes, at the URLs of its row. */
type RoutePlugin = (app: App, ctx: Context) => void | Promise<void>;

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'GET POST' | 'ALL';
  url: string;
  target: Operation | HiddenRoute | RoutePlugin;
  access: Access;
  surface: Surface;
}

type Row = readonly [Route['method'], Route['url'], Route['target'], Access, Surface];

const unknownRoute: HiddenRoute = {
  handle() {
    throw notFound('Route');
  },
};

/**
 * Every URL of the service: method, URL, operation (`handlers/`), access, surface; in the order of `openapi.json`. The
 * router prefers a literal segment to a parameter, and a parameter to a wildcard. Not listed: HEAD for each GET,
 * OPTIONS and 405 for each URL (`hooks/method-not-allowed.ts`), CORS preflights (`hooks/cors.ts`), assets of `/docs`,
 * and the URLs of the web app (`web/web-app.ts`).
 */
// biome-ignore format: a table
const table: readonly Row[] = [
  // The service
  ['GET',      '/docs',                                          apiPageRoutes,                     'public', plain],
  ['GET',      '/',                                              homeRoutes,                        'public', plain],
  ['GET',      '/openapi.json',                                  docs.openApiDocument,              'public', plain],
  ['GET',      '/health',                                        health.getHealth,                  'public', plain],
  ['GET',      '/health/live',                                   health.getLiveness,                'public', plain],
  ['GET',      '/health/ready',                                  health.getReadiness,               'public', plain],
  ['GET',      '/metrics',                                       metricsRoute,                      'public', plain],

  // v1: accounts
  ['POST',     '/api/v1/auth/register',                          auth.register,                     'public', v1],
  ['POST',     '/api/v1/auth/login',                             auth.login,                        'public', v1],
  ['POST',     '/api/v1/auth/password-reset',                    auth.requestPasswordReset,         'public', v1],
  ['POST',     '/api/v1/auth/password-reset/confirm',            auth.confirmPasswordReset,         'public', v1],
  ['GET',      '/api/v1/auth/email-change',                      auth.confirmEmailChange,           'public', v1],
  ['GET',      '/api/v1/auth/pages/password',                    linkPages.passwordPage,            'public', v1],
  ['GET',      '/api/v1/auth/pages/invitation',                  linkPages.invitationPage,          'public', v1],
  ['GET',      '/api/v1/auth/pages/page.css',                    linkPages.pageStyle,               'public', v1],
  ['GET',      '/api/v1/auth/pages/page.js',                     linkPages.pageScript,              'public', v1],
  ['GET',      '/api/v1/digest/unsubscribe',                     linkPages.unsubscribePage,         'public', v1],
  ['POST',     '/api/v1/digest/unsubscribe',                     digest.unsubscribeDigest,          'public', v1],
  ['GET',      '/api/v1/digest/unsubscribe.js',                  linkPages.unsubscribeScript,       'public', v1],
  ['POST',     '/api/v1/auth/logout',                            auth.logout,                       'token',  v1],

  // v1: the user's own data
  ['GET',      '/api/v1/users/:user_id',                         profile.getProfile,                'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id',                         profile.patchProfile,              'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id',                         userData.eraseUser,                'token',  v1],
  ['GET',      '/api/v1/users/:user_id/export',                  userData.exportUser,               'token',  v1],
  ['POST',     '/api/v1/users/:user_id/import',                  imports.importTasks,               'token',  v1],
  ['POST',     '/api/v1/users/:user_id/password',                account.changePassword,            'token',  v1],
  ['POST',     '/api/v1/users/:user_id/email',                   account.requestEmailChange,        'token',  v1],
  ['POST',     '/api/v1/users/:user_id/email/verification',      account.sendEmailVerification,     'token',  v1],
  ['GET',      '/api/v1/users/:user_id/sessions',                account.listSessions,              'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/sessions',                account.endOtherSessions,          'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/sessions/:session_id',    account.endSession,                'token',  v1],

  ['GET',      '/api/v1/users/:user_id/tasks',                   tasks.listTasks,                   'token',  v1],
  ['GET',      '/api/v1/users/:user_id/tasks/:task_id',          tasks.getTask,                     'token',  v1],
  ['POST',     '/api/v1/users/:user_id/tasks',                   tasks.createTask,                  'token',  v1],
  ['PUT',      '/api/v1/users/:user_id/tasks/:task_id',          tasks.putTask,                     'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/tasks/:task_id',          tasks.updateTask,                  'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/tasks/:task_id/complete', tasks.completeTask,                'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/tasks/:task_id',          tasks.deleteTask,                  'token',  v1],
  ['POST',     '/api/v1/users/:user_id/tasks/:task_id/move',     taskMove.moveTask,                 'token',  v1],
  ['POST',     '/api/v1/users/:user_id/tasks/bulk',              bulk.bulkTasks,                    'token',  v1],
  ['POST',     '/api/v1/users/:user_id/tasks/quick',             quickAdd.quickAddTask,             'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/tasks/:task_id/following', occurrences.updateFollowing,      'token',  v1],
  ['GET',      '/api/v1/users/:user_id/tasks/:task_id/occurrences', occurrences.listOccurrences,    'token',  v1],
  ['POST',     '/api/v1/users/:user_id/tasks/:task_id/occurrences/skip', occurrences.skipOccurrence, 'token', v1],
  ['POST',     '/api/v1/users/:user_id/tasks/:task_id/occurrences/undo', occurrences.undoOccurrence, 'token', v1],
  ['GET',      '/api/v1/users/:user_id/reminders',               reminders.listReminders,           'token',  v1],
  ['GET',      '/api/v1/users/:user_id/tasks/:task_id/reminders', reminders.listTaskReminders,      'token',  v1],
  ['POST',     '/api/v1/users/:user_id/tasks/:task_id/reminders', reminders.createReminder,         'token',  v1],
  ['GET',      '/api/v1/users/:user_id/tasks/:task_id/reminders/:reminder_id', reminders.getReminder, 'token', v1],
  ['PATCH',    '/api/v1/users/:user_id/tasks/:task_id/reminders/:reminder_id', reminders.updateReminder, 'token', v1],
  ['DELETE',   '/api/v1/users/:user_id/tasks/:task_id/reminders/:reminder_id', reminders.deleteReminder, 'token', v1],
  ['POST',     '/api/v1/users/:user_id/tasks/:task_id/reminders/:reminder_id/snooze', reminders.snoozeReminder, 'token', v1],
  ['GET',      '/api/v1/users/:user_id/trash',                   trash.listTrash,                   'token',  v1],
  ['POST',     '/api/v1/users/:user_id/trash/:task_id/restore',  trash.restoreTask,                 'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/trash/:task_id',          trash.purgeTask,                   'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/trash',                   trash.emptyTrash,                  'token',  v1],
  ['GET',      '/api/v1/users/:user_id/tags',                    tags.listTags,                     'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/tags/:name',              tags.renameTag,                    'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/tags/:name',              tags.deleteTag,                    'token',  v1],
  ['GET',      '/api/v1/users/:user_id/projects',               projects.listProjects,             'token',  v1],
  ['POST',     '/api/v1/users/:user_id/projects',               projects.createProject,            'token',  v1],
  ['GET',      '/api/v1/users/:user_id/projects/:project_id',   projects.getProject,               'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/projects/:project_id',   projects.updateProject,            'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/projects/:project_id',   projects.deleteProject,            'token',  v1],
  ['POST',     '/api/v1/users/:user_id/projects/:project_id/move', projects.moveProject,              'token',  v1],
  ['GET',      '/api/v1/users/:user_id/projects/:project_id/sections', sections.listSections,             'token',  v1],
  ['POST',     '/api/v1/users/:user_id/projects/:project_id/sections', sections.createSection,            'token',  v1],
  ['GET',      '/api/v1/users/:user_id/sections/:section_id',   sections.getSection,               'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/sections/:section_id',   sections.updateSection,            'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/sections/:section_id',   sections.deleteSection,            'token',  v1],
  ['POST',     '/api/v1/users/:user_id/sections/:section_id/move', sections.moveSection,              'token',  v1],
  ['GET',      '/api/v1/users/:user_id/views',                    views.listViews,                   'token',  v1],
  ['POST',     '/api/v1/users/:user_id/views',                    views.createView,                  'token',  v1],
  ['GET',      '/api/v1/users/:user_id/views/:view_id',           views.getView,                     'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/views/:view_id',           views.updateView,                  'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/views/:view_id',           views.deleteView,                  'token',  v1],
  ['POST',     '/api/v1/users/:user_id/views/:view_id/move',      views.moveView,                    'token',  v1],
  ['GET',      '/api/v1/users/:user_id/channels',               channels.listChannels,             'token',  v1],
  ['POST',     '/api/v1/users/:user_id/channels',               channels.createChannel,            'token',  v1],
  ['GET',      '/api/v1/users/:user_id/channels/:channel_id',   channels.getChannel,               'token',  v1],
  ['PATCH',    '/api/v1/users/:user_id/channels/:channel_id',   channels.updateChannel,            'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/channels/:channel_id',   channels.deleteChannel,            'token',  v1],
  ['POST',     '/api/v1/users/:user_id/channels/:channel_id/rotate-secret', channels.rotateChannelSecret, 'token', v1],
  ['POST',     '/api/v1/users/:user_id/channels/:channel_id/test', channels.testChannel,           'token',  v1],
  ['GET',      '/api/v1/push-key',                              channels.getPushKey,               'token',  v1],
  ['GET',      '/api/v1/users/:user_id/trash/projects',         projects.listTrashedProjects,      'token',  v1],
  ['POST',     '/api/v1/users/:user_id/trash/projects/:project_id/restore', projects.restoreProject,           'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/trash/projects/:project_id', projects.purgeProject,             'token',  v1],
  ['GET',      '/api/v1/users/:user_id/trash/sections',         sections.listTrashedSections,      'token',  v1],
  ['POST',     '/api/v1/users/:user_id/trash/sections/:section_id/restore', sections.restoreSection,           'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/trash/sections/:section_id', sections.purgeSection,             'token',  v1],
  ['GET',      '/api/v1/users/:user_id/trash/views',              views.listTrashedViews,            'token',  v1],
  ['POST',     '/api/v1/users/:user_id/trash/views/:view_id/restore',views.restoreView,                 'token',  v1],
  ['DELETE',   '/api/v1/users/:user_id/trash/views/:view_id',     views.purgeView,                   'token',  v1],
  ['GET',      '/api/v1/users/:user_id/changes',                 feed.listChanges,                  'token',  v1],
  ['GET',      '/api/v1/users/:user_id/events',                  feed.streamEvents,                 'token',  v1],
  ['GET',      '/api/v1/users/:user_id/deliveries',              deliveries.listDeliveries,         'token',  v1],
  ['GET',      '/api/v1/users/:user_id/audit',                   audit.listAudit,                   'token',  v1],

  // v1: administration
  ['GET',      '/api/v1/admin/users',                            users.adminListUsers,              'admin',  v1],
  ['PUT',      '/api/v1/admin/users/:user_id/ban',               users.adminBanUser,                'admin',  v1],
  ['DELETE',   '/api/v1/admin/users/:user_id/ban',               users.adminUnbanUser,              'admin',  v1],
  ['PUT',      '/api/v1/admin/users/:user_id/role',              users.adminSetRole,                'admin',  v1],
  ['POST',     '/api/v1/admin/users',                            accounts.adminCreateUser,          'admin',  v1],
  ['GET',      '/api/v1/admin/users/:user_id',                   accounts.adminGetUser,             'admin',  v1],
  ['DELETE',   '/api/v1/admin/users/:user_id',                   userData.adminEraseUser,           'admin',  v1],
  ['POST',     '/api/v1/admin/users/:user_id/password-reset',    accounts.adminCreatePasswordLink,  'admin',  v1],
  ['GET',      '/api/v1/admin/users/:user_id/sessions',          accounts.adminListSessions,        'admin',  v1],
  ['DELETE',   '/api/v1/admin/users/:user_id/sessions',          accounts.adminEndSessions,         'admin',  v1],
  ['POST',     '/api/v1/admin/invitations',                      invitations.adminCreateInvitation, 'admin',  v1],
  ['GET',      '/api/v1/admin/invitations',                      invitations.adminListInvitations,  'admin',  v1],
  ['DELETE',   '/api/v1/admin/invitations/:invitation_id',       invitations.adminRevokeInvitation, 'admin',  v1],
  ['GET',      '/api/v1/admin/users/:user_id/audit',             audit.adminListUserAudit,          'admin',  v1],
  ['GET',      '/api/v1/admin/audit',                            audit.adminListServiceAudit,       'admin',  v1],
  ['GET',      '/api/v1/admin/lock',                             lock.adminGetLock,                 'admin',  v1],
  ['PUT',      '/api/v1/admin/lock',                             lock.adminLock,                    'admin',  v1],
  ['DELETE',   '/api/v1/admin/lock',                             lock.adminUnlock,                  'admin',  v1],
  ['GET',      '/api/v1/admin/flags',                            flags.adminListFlags,              'admin',  v1],
  // Without this row `/api/v1/tasks` would be the tasks of a user "v1".
  ['ALL',      '/api/v1/*',                                      unknownRoute,                      'public', v1],

  // Better Auth documents the routes below this one itself.
  ['GET POST', '/api/auth/*',                                    betterAuthRoutes,                  'public', plain],

  // bare
  ['GET',      '/api/:user_id/tasks',                            tasks.listTasksOfAllProjects,      'token',  bare],
  ['GET',      '/api/:user_id/tasks/:task_id',                   tasks.getTask,                     'token',  bare],
  ['GET',      '/api/:user_id/tags',                             tags.listTags,                     'token',  bare],
  ['POST',     '/api/:user_id/tasks',                            tasks.createTask,                  'token',  bare],
  ['PUT',      '/api/:user_id/tasks/:task_id',                   tasks.putTask,                     'token',  bare],
  ['PATCH',    '/api/:user_id/tasks/:task_id',                   tasks.updateTask,                  'token',  bare],
  ['PATCH',    '/api/:user_id/tasks/:task_id/complete',          tasks.completeTask,                'token',  bare],
  ['DELETE',   '/api/:user_id/tasks/:task_id',                   tasks.deleteTask,                  'token',  bare],
];

export const routes: readonly Route[] = table.map(([method, url, target, access, surface]) => ({
  method,
  url,
  target,
  access,
  surface,
}));
