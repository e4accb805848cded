import { Type } from 'typebox';
import { recordAttempt } from '../../auth/attempts.ts';
import { Credentials, Registration } from '../../auth/model.ts';
import type { Context } from '../../context.ts';
import type { App } from '../app-type.ts';
import { audited } from '../attempts.ts';
import { originOf, requireToken } from '../authentication.ts';
import { errorResponses } from '../schemas.ts';
import { envelope, envelopeOf } from './render.ts';

const tags = ['Accounts'];

/** Flat, as P1 and RFC 6749 §5.1 have it: the one exception to the envelope. */
const granted = (description: string) => ({
  description,
  ...Type.Object(
    {
      access_token: Type.String(),
      token_type: Type.Enum(['bearer'], { type: 'string' }),
      expires_in: Type.Integer({ description: 'Seconds.' }),
      user: Type.Ref('User'),
      message: Type.String(),
      status_code: Type.Integer(),
    },
    { additionalProperties: false },
  ),
});

const registerSchema = {
  operationId: 'register',
  summary: 'Register',
  tags,
  security: [],
  body: Registration,
  response: {
    201: granted('The new user, with an access token.'),
    ...errorResponses('Error', [400, 409, 413, 414, 415, 422], { 409: 'The address is taken.' }),
  },
};

const loginSchema = {
  operationId: 'login',
  summary: 'Log in',
  tags,
  security: [],
  body: Credentials,
  response: {
    200: granted('An access token.'),
    ...errorResponses('Error', [400, 401, 413, 414, 415, 422], { 401: 'Wrong email or password.' }),
  },
};

const logoutSchema = {
  operationId: 'logout',
  summary: 'Log out',
  description:
    'Ends the session behind the token, and with it every token of that session; of another issuer, the token itself.',
  tags,
  response: {
    200: envelopeOf(Type.Null(), 'The session is over.'),
    ...errorResponses('Error', [400, 401, 413, 414, 415]),
  },
};

export function authRoutes(app: App, ctx: Context): void {
  const { accounts, access, db } = ctx;

  app.post('/auth/register', { schema: registerSchema }, async (request, reply) => {
    const { body } = request;
    const grant = await audited(ctx, request, 'auth.register', body.email, () => accounts.register(body));
    reply.status(201).header('cache-control', 'no-store');
    return { ...grant, message: 'User registered successfully', status_code: 201 };
  });

  app.post('/auth/login', { schema: loginSchema }, async (request, reply) => {
    const { body } = request;
    const grant = await audited(ctx, request, 'auth.login', body.email, () => accounts.login(body));
    reply.header('cache-control', 'no-store');
    return { ...grant, message: 'Logged in successfully', status_code: 200 };
  });

  app.register(async (scope: App) => {
    requireToken(scope, ctx);
    scope.post('/auth/logout', { schema: logoutSchema }, async (request) => {
      const { identity } = request;
      if (identity !== null) await access.end(db, identity);
      const origin = originOf(request);
      await recordAttempt(ctx, { origin, action: 'auth.logout', outcome: 'success', userId: origin.actor });
      return envelope(null, 'Logged out successfully');
    });
  });
}
