import { Type } from 'typebox';
import { recordAuthEvent } from '../../accounts/auth-events.ts';
import {
  Credentials,
  EmailChangeQuery,
  PasswordResetConfirmation,
  PasswordResetRequest,
  Registration,
} from '../../accounts/model.ts';
import type { Context } from '../../context.ts';
import {
  emailTaken,
  invalidCredentials,
  invalidToken,
  mailNotConfigured,
  registrationClosed,
} from '../../platform/errors.ts';
import type { App } from '../app-type.ts';
import { errorResponses, mailErrorDescriptions } from '../contract/schemas.ts';
import { auditSignIn } from '../hooks/audited-sign-in.ts';
import { auditOriginOf, requireToken, sessionClientOf } from '../hooks/authentication.ts';
import { accessTokenSchema, envelope, envelopeSchema } from '../v1/render.ts';

const tags = ['Accounts'];

const registerSchema = {
  operationId: 'register',
  summary: 'Register',
  description:
    'Makes an account and logs it in: the answer holds an access token. Where REGISTRATION is `invite`, `invitation` is ' +
    'wanted, the token of an invitation to the address.',
  tags,
  security: [],
  body: Registration,
  response: {
    201: accessTokenSchema('The new user, with an access token.'),
    ...errorResponses(
      'Problem',
      [400, 403, 409, 413, 414, 415, 422],
      {
        403: 'Where registration is closed (REGISTRATION_CLOSED), or without a valid invitation (INVITATION_REQUIRED).',
        409: 'The address is taken.',
      },
      { 403: registrationClosed(), 409: emailTaken() },
    ),
  },
};

const loginSchema = {
  operationId: 'login',
  summary: 'Log in',
  description:
    'An account with a second factor also wants `totp_code`: after the right password the answer without one is 401 ' +
    'TOTP_REQUIRED. A code is good for one log-in.',
  tags,
  security: [],
  body: Credentials,
  response: {
    200: accessTokenSchema('An access token.'),
    ...errorResponses(
      'Problem',
      [400, 401, 413, 414, 415, 422],
      {
        401: 'Wrong email or password, or no or a wrong code of the second factor.',
      },
      { 401: invalidCredentials() },
    ),
  },
};

const logoutSchema = {
  operationId: 'logout',
  summary: 'Log out',
  description:
    'Ends the session behind the token, and with it every token of that session; of another issuer, the token itself.',
  tags,
  response: {
    200: envelopeSchema(Type.Null(), 'The session is over.'),
    ...errorResponses('Problem', [400, 401, 413, 414, 415]),
  },
};

const linkExamples = { 400: invalidToken() };
const linkErrors = { 400: 'The link is no longer valid (INVALID_TOKEN), or the request is not.' };

const requestResetSchema = {
  operationId: 'requestPasswordReset',
  summary: 'Ask for a link to set a new password',
  description:
    'Sends a link to the address if an account has it; the answer is the same for every address. The link opens ' +
    "PASSWORD_RESET_URL, or this server's own page, with a `token` that is good for one hour and once; a newer link ends " +
    'the one before.',
  tags,
  security: [],
  body: PasswordResetRequest,
  response: {
    202: envelopeSchema(Type.Null(), 'A link is on its way if there is such an account.'),
    ...errorResponses('Problem', [400, 413, 414, 415, 422], mailErrorDescriptions, {
      503: mailNotConfigured(),
    }),
  },
};

const confirmResetSchema = {
  operationId: 'confirmPasswordReset',
  summary: 'Set a new password with the token of a link',
  description: 'Ends every session and every token from before.',
  tags,
  security: [],
  body: PasswordResetConfirmation,
  response: {
    200: envelopeSchema(Type.Null(), 'The password is the new one.'),
    ...errorResponses('Problem', [400, 413, 414, 415, 422], linkErrors, linkExamples),
  },
};

const confirmEmailSchema = {
  operationId: 'confirmEmailChange',
  summary: 'Make a new address the one of the account',
  description: 'Where the link in the mail to the new address leads.',
  tags,
  security: [],
  querystring: EmailChangeQuery,
  response: {
    200: envelopeSchema(Type.Null(), 'The account has the new address, and it is confirmed.'),
    ...errorResponses('Problem', [400, 414, 422], linkErrors, linkExamples),
  },
};

export function authRoutes(app: App, ctx: Context): void {
  const { accounts, accessControl: access, db } = ctx;

  app.post('/auth/register', { schema: registerSchema }, async (request, reply) => {
    const { body } = request;
    const grant = await auditSignIn(ctx, request, 'auth.register', body.email, () =>
      accounts.register(sessionClientOf(request), body),
    );
    reply.status(201).header('cache-control', 'no-store');
    return { ...grant, message: 'User registered successfully', status_code: 201 };
  });

  app.post('/auth/login', { schema: loginSchema }, async (request, reply) => {
    const { body } = request;
    const grant = await auditSignIn(ctx, request, 'auth.login', body.email, () =>
      accounts.login(sessionClientOf(request), body),
    );
    reply.header('cache-control', 'no-store');
    return { ...grant, message: 'Logged in successfully', status_code: 200 };
  });

  app.register(async (scope: App) => {
    requireToken(scope, ctx);
    scope.post('/auth/logout', { schema: logoutSchema }, async (request) => {
      const { identity } = request;
      if (identity !== null) await access.revoke(db, identity);
      const origin = auditOriginOf(request);
      await recordAuthEvent(ctx, { origin, action: 'auth.logout', outcome: 'success', userId: origin.actor });
      return envelope(null, 'Logged out successfully');
    });
  });

  linkRoutes(app, ctx);
}

function linkRoutes(app: App, { emailChange, passwordReset }: Context): void {
  app.post('/auth/password-reset', { schema: requestResetSchema }, async (request, reply) => {
    passwordReset.request(auditOriginOf(request), request.body.email);
    reply.status(202);
    return envelope(null, 'If the address belongs to an account, a link is on its way', 202);
  });

  app.post('/auth/password-reset/confirm', { schema: confirmResetSchema }, async (request) => {
    const { token, new_password } = request.body;
    await passwordReset.confirm(auditOriginOf(request), token, new_password);
    return envelope(null, 'Password set successfully');
  });

  // Programs that only look at a link before somebody opens it use HEAD.
  const options = { schema: confirmEmailSchema, exposeHeadRoute: false };
  app.get('/auth/email-change', options, async (request, reply) => {
    await emailChange.confirm(auditOriginOf(request), request.query.token);
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return envelope(null, 'Email address changed successfully');
  });
}
