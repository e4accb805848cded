import type { Config } from '../config/config.ts';

/** Pages of this server for whoever has a link and no front end. Below `/api`: proxies pass that on. */
export const linkPages = {
  password: '/api/v1/auth/pages/password',
  invitation: '/api/v1/auth/pages/invitation',
} as const;

/**
 * Where a link for a new password leads: the front end's page, or our own. Ours takes the token from the fragment,
 * which browsers send to no server: it is in no access log, no `Referer`, and a scanner that opens the link does not
 * use it up. The address is there too, for people and password managers to see whose password it is.
 */
export function passwordLinkUrl({ auth, mail }: Config, token: string, email: string): string {
  if (mail.passwordResetUrl === null)
    return `${auth.baseUrl}${linkPages.password}#${new URLSearchParams({ token, email })}`;
  const page = new URL(mail.passwordResetUrl);
  page.searchParams.set('token', token);
  return page.href;
}

/** Where an invitation leads: our own page. */
export function invitationUrl({ auth }: Config, token: string, email: string): string {
  return `${auth.baseUrl}${linkPages.invitation}#${new URLSearchParams({ invitation: token, email })}`;
}
