import type { Context } from '../../context.ts';
import { notFound } from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { errorHandler } from '../contract/errors.ts';
import { accountRoutes } from '../handlers/account.ts';
import { adminRoutes } from '../handlers/admin.ts';
import { auditRoutes } from '../handlers/audit.ts';
import { authRoutes } from '../handlers/auth.ts';
import { bulkRoutes } from '../handlers/bulk.ts';
import { syncRoutes } from '../handlers/feed.ts';
import { linkPageRoutes } from '../handlers/link-pages.ts';
import { profileRoutes } from '../handlers/profile.ts';
import { tagRoutes } from '../handlers/tags.ts';
import { taskRoutes } from '../handlers/tasks.ts';
import { trashRoutes } from '../handlers/trash.ts';
import { requireToken } from '../hooks/authentication.ts';
import { renderError } from './render.ts';

/** The full surface (P1), below `/api/v1`. */
export async function v1Routes(app: App, ctx: Context): Promise<void> {
  app.setErrorHandler(errorHandler(renderError));
  authRoutes(app, ctx);
  linkPageRoutes(app);
  await app.register(async (scope: App) => {
    requireToken(scope, ctx);
    profileRoutes(scope, ctx);
    accountRoutes(scope, ctx);
    taskRoutes(scope, ctx);
    bulkRoutes(scope, ctx);
    trashRoutes(scope, ctx);
    tagRoutes(scope, ctx);
    syncRoutes(scope, ctx);
    auditRoutes(scope, ctx);
  });
  await app.register(async (scope: App) => adminRoutes(scope, ctx));
  // Without it `/api/v1/tasks` would be the tasks of a user called "v1".
  app.all('/*', { schema: { hide: true } }, () => {
    throw notFound('Route');
  });
}
