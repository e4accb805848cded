import type { Config } from '../config/config.ts';

/** This server's pages for one-time links, for use without a front end. Below `/api`, which proxies forward. */
export const linkPages = {
  password: '/api/v1/auth/pages/password',
  invitation: '/api/v1/auth/pages/invitation',
} as const;

/**
 * The URL of a link for a new password: the page of PASSWORD_RESET_URL with `token` in its query, or this server's
 * page.
 *
 * This server's page has token and email address in the fragment, which browsers do not send. So the token is in no
 * access log and no `Referer`. A scanner that opens the link does not consume it. Password managers read the address.
 */
export function passwordLinkUrl({ auth, mail }: Config, token: string, email: string): string {
  if (mail.passwordResetUrl === null)
    return `${auth.baseUrl}${linkPages.password}#${new URLSearchParams({ token, email })}`;
  const page = new URL(mail.passwordResetUrl);
  page.searchParams.set('token', token);
  return page.href;
}

/** The URL of an invitation, on this server's page, with `invitation` and `email` in the fragment. */
export function invitationUrl({ auth }: Config, token: string, email: string): string {
  return `${auth.baseUrl}${linkPages.invitation}#${new URLSearchParams({ invitation: token, email })}`;
}
