import type { Context } from '../../context.ts';
import { notFound } from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { errorHandler } from '../contract/errors.ts';
import { requireToken } from '../hooks/authentication.ts';
import { accountRoutes } from './account.ts';
import { adminRoutes } from './admin.ts';
import { auditRoutes } from './audit.ts';
import { authRoutes } from './auth.ts';
import { bulkRoutes } from './bulk.ts';
import { syncRoutes } from './feed.ts';
import { linkPageRoutes } from './link-pages.ts';
import { profileRoutes } from './profile.ts';
import { renderError } from './render.ts';
import { tagRoutes } from './tags.ts';
import { taskRoutes } from './tasks.ts';
import { trashRoutes } from './trash.ts';

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
