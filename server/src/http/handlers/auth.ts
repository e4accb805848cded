import { recordAuthEvent } from '../../accounts/auth-events.ts';
import {
  Credentials,
  EmailChangeQuery,
  PasswordResetConfirmation,
  PasswordResetRequest,
  Registration,
} from '../../accounts/model.ts';
import {
  emailTaken,
  invalidCredentials,
  invalidLink,
  mailNotConfigured,
  registrationClosed,
} from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { operation } from '../contract/operation.ts';
import { mailErrorDescriptions } from '../contract/schemas.ts';
import { auditSignIn } from '../hooks/audited-sign-in.ts';
import { auditOriginOf, sessionClientOf } from '../hooks/authentication.ts';

const group = 'Accounts';

/** An access token without an envelope, as in RFC 6749 §5.1: the only exception on v1. */
export const accessTokenSchema = (description: string) => ({
  description,
  ...Type.Object({
    access_token: Type.String(),
    token_type: Type.Enum(['bearer'], { type: 'string' }),
    expires_in: Type.Integer({ description: 'Seconds.' }),
    user: Type.Ref('User'),
    message: Type.String(),
    status_code: Type.Integer(),
  }),
});

export const register = operation({
  id: 'register',
  summary: 'Register',
  description:
    'Makes an account and logs it in: the answer holds an access token. Where REGISTRATION is `invite`, `invitation` is ' +
    'wanted, the token of an invitation to the address.',
  group,
  input: { body: Registration },
  response: { 201: accessTokenSchema('The new user, with an access token.') },
  errors: [403, 409, 413, 415, 422],
  errorDescriptions: {
    403: 'Where registration is closed (REGISTRATION_CLOSED), or without a valid invitation (INVITATION_REQUIRED).',
    409: 'The address is taken.',
  },
  errorExamples: { 403: registrationClosed(), 409: emailTaken() },
  async handle({ ctx, request, reply }) {
    const { body } = request;
    const grant = await auditSignIn(ctx, request, 'auth.register', body.email, () =>
      ctx.accounts.register(sessionClientOf(request), body),
    );
    reply.status(201).header('cache-control', 'no-store');
    return { ...grant, message: 'User registered successfully', status_code: 201 };
  },
});

export const login = operation({
  id: 'login',
  summary: 'Log in',
  description:
    'An account with a second factor also wants `totp_code`: after the right password the answer without one is 401 ' +
    'TOTP_REQUIRED. A code is good for one log-in.',
  group,
  input: { body: Credentials },
  response: { 200: accessTokenSchema('An access token.') },
  errors: [401, 413, 415, 422],
  errorDescriptions: { 401: 'Wrong email or password, or no or a wrong code of the second factor.' },
  errorExamples: { 401: invalidCredentials() },
  async handle({ ctx, request, reply }) {
    const { body } = request;
    const grant = await auditSignIn(ctx, request, 'auth.login', body.email, () =>
      ctx.accounts.login(sessionClientOf(request), body),
    );
    reply.header('cache-control', 'no-store');
    return { ...grant, message: 'Logged in successfully', status_code: 200 };
  },
});

export const logout = operation({
  id: 'logout',
  summary: 'Log out',
  description:
    'Ends the session behind the token, and with it every token of that session; of another issuer, the token itself.',
  group,
  input: {},
  success: { message: 'Logged out successfully', data: Type.Null(), description: 'The session is over.' },
  errors: [413, 415],
  async handle({ ctx, db, request }) {
    const { caller } = request;
    if (caller !== null) await ctx.accessControl.revoke(db, caller);
    const origin = auditOriginOf(request);
    await recordAuthEvent(ctx, { origin, action: 'auth.logout', outcome: 'success', userId: origin.actor });
    return { data: null };
  },
});

export const requestPasswordReset = operation({
  id: 'requestPasswordReset',
  summary: 'Ask for a link to set a new password',
  description:
    'Sends a link to the address if an account has it; the answer is the same for every address. The link opens ' +
    "PASSWORD_RESET_URL, or this server's own page, with a `token` that is good for one hour and once; a newer link ends " +
    'the one before.',
  group,
  input: { body: PasswordResetRequest },
  success: {
    status: 202,
    message: 'If the address belongs to an account, a link is on its way',
    data: Type.Null(),
    description: 'A link is on its way if there is such an account.',
  },
  errors: [413, 415, 422],
  errorDescriptions: mailErrorDescriptions,
  errorExamples: { 503: mailNotConfigured() },
  async handle({ ctx, request }) {
    ctx.passwordReset.request(auditOriginOf(request), request.body.email);
    return { data: null };
  },
});

const linkErrors = {
  errorDescriptions: { 400: 'The link is no longer valid (INVALID_TOKEN), or the request is not.' },
  errorExamples: { 400: invalidLink() },
};

export const confirmPasswordReset = operation({
  id: 'confirmPasswordReset',
  summary: 'Set a new password with the token of a link',
  description: 'Ends every session and every token from before.',
  group,
  input: { body: PasswordResetConfirmation },
  success: {
    message: 'Password set successfully',
    data: Type.Null(),
    description: 'The password is the new one.',
  },
  errors: [413, 415, 422],
  ...linkErrors,
  async handle({ ctx, request }) {
    const { token, new_password } = request.body;
    await ctx.passwordReset.confirm(auditOriginOf(request), token, new_password);
    return { data: null };
  },
});

export const confirmEmailChange = operation({
  id: 'confirmEmailChange',
  summary: 'Make a new address the one of the account',
  description: 'Where the link in the mail to the new address leads.',
  group,
  input: { querystring: EmailChangeQuery },
  success: {
    message: 'Email address changed successfully',
    data: Type.Null(),
    description: 'The account has the new address, and it is confirmed.',
  },
  errors: [422],
  ...linkErrors,
  // Mail programs send HEAD to preview a link: it must not confirm the address.
  options: { exposeHeadRoute: false },
  async handle({ ctx, request, reply }) {
    await ctx.emailChange.confirm(auditOriginOf(request), request.query.token);
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return { data: null };
  },
});
