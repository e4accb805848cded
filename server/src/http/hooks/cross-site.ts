import type { IncomingHttpHeaders } from 'node:http';
import { isAllowedOrigin } from '../../accounts/origins.ts';
import type { Config } from '../../config/config.ts';
import { AppError } from '../../platform/errors.ts';

const foreignOrigin = () => new AppError('FORBIDDEN', 'Not allowed from this origin');

/**
 * Guards routes that accept cookies against CSRF: refuses requests that a page of a foreign origin sent or may have
 * sent. Browsers send `Origin` with every POST. A request with neither `Origin` nor a cookie is not from a browser.
 */
export function crossSiteGuard(config: Config): (headers: IncomingHttpHeaders) => void {
  return ({ origin, cookie, 'sec-fetch-site': site }) => {
    const isForeign =
      origin === undefined ? cookie !== undefined || site === 'cross-site' : !isAllowedOrigin(config, origin);
    if (isForeign) throw foreignOrigin();
  };
}
