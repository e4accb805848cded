import type { Config } from '../config/config.ts';

/** This server's pages for one-time links, for use without a front end. Below `/api`, which proxies forward. */
export const linkPages = {
  password: '/api/v1/auth/pages/password',
  invitation: '/api/v1/auth/pages/invitation',
} as const;

/** The web app's pages for the same links, with the same fragments. */
const webPages = { password: '/reset', invitation: '/sign-up' } as const;

const pagesOf = ({ http }: Config) => (http.webDirectory === null ? linkPages : webPages);

/**
 * The URL of a link for a new password: the page of PASSWORD_RESET_URL with `token` in its query, or that of the web
 * app if it is served, or this server's own.
 *
 * This server's page has token and email address in the fragment, which browsers do not send. So the token is in no
 * access log and no `Referer`. A scanner that opens the link does not consume it. Password managers read the address.
 */
export function passwordLinkUrl(config: Config, token: string, email: string): string {
  const { auth, mail } = config;
  if (mail.passwordResetUrl === null)
    return `${auth.baseUrl}${pagesOf(config).password}#${new URLSearchParams({ token, email })}`;
  const page = new URL(mail.passwordResetUrl);
  page.searchParams.set('token', token);
  return page.href;
}

/**
 * The URL that confirms an email address: `verify` the account's own, `change` a new one. With the web app, the
 * link opens a page that confirms on request, and the token is in its fragment. Without it, the link leads to the API.
 */
export function confirmationUrl({ auth, http }: Config, kind: 'verify' | 'change', token: string): string {
  if (http.webDirectory !== null) return `${auth.baseUrl}/confirm#${new URLSearchParams({ [kind]: token })}`;
  const path = kind === 'verify' ? '/api/auth/verify-email' : '/api/v1/auth/email-change';
  return `${auth.baseUrl}${path}?token=${token}`;
}

/** The URL of an invitation, on this server's page, with `invitation` and `email` in the fragment. */
export function invitationUrl(config: Config, token: string, email: string): string {
  return `${config.auth.baseUrl}${pagesOf(config).invitation}#${new URLSearchParams({ invitation: token, email })}`;
}
