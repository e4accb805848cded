import type { IncomingHttpHeaders } from 'node:http';
import { isAllowedOrigin } from '../../accounts/origins.ts';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../platform/errors.ts';

const foreignOrigin = () => new AppError('FORBIDDEN', 'Not allowed from this origin');

/**
 * Guards routes that a browser's cookies open: what a page of a foreign origin sends, or may have sent, is refused.
 * Browsers name the origin of every POST; what names none, and carries no cookie, is no browser's.
 */
export function crossSiteGuard(config: Config): (headers: IncomingHttpHeaders) => void {
  return ({ origin, cookie, 'sec-fetch-site': site }) => {
    const isForeign =
      origin === undefined ? cookie !== undefined || site === 'cross-site' : !isAllowedOrigin(config, origin);
    if (isForeign) throw foreignOrigin();
  };
}
