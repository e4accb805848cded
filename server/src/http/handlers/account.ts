import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { EmailChangeRequest, PasswordChange } from '../../accounts/model.ts';
import { endOtherSessions, endSession, listSessions } from '../../accounts/sessions.ts';
import type { Context } from '../../context.ts';
import { mailNotConfigured, notFound, wrongPassword } from '../../platform/errors.ts';
import { UserPath, userId } from '../../writes/user-path.ts';
import type { App } from '../app-type.ts';
import { errorResponses, mailErrorDescriptions } from '../contract/schemas.ts';
import { auditOriginOf, sessionClientOf } from '../hooks/authentication.ts';
import { accessTokenSchema, envelope, envelopeSchema } from '../v1/render.ts';

const tags = ['Accounts'];

const reasons = { 401: 'No valid token, or a wrong password.', 404: 'This user has no account here.' };
const examples = { 401: wrongPassword(), 404: notFound('Account') };

const mailReasons = { ...reasons, ...mailErrorDescriptions };
const mailExamples = { ...examples, 503: mailNotConfigured() };

const passwordSchema = {
  operationId: 'changePassword',
  summary: 'Change the password',
  description:
    "Ends every session and every token from before, the caller's too; the answer holds a new one.",
  tags,
  params: UserPath,
  body: PasswordChange,
  response: {
    200: accessTokenSchema('The password is the new one.'),
    ...errorResponses('Problem', [400, 401, 403, 404, 413, 414, 415, 422], reasons, examples),
  },
};

const emailSchema = {
  operationId: 'requestEmailChange',
  summary: 'Ask for another email address',
  description:
    'Sends a link to the new address, good for one hour and once, and a notice to the one of now. The address changes ' +
    'when the link is opened. The answer is the same for an address that is taken; nothing is sent to it.',
  tags,
  params: UserPath,
  body: EmailChangeRequest,
  response: {
    202: envelopeSchema(Type.Null(), 'The link is on its way.'),
    ...errorResponses('Problem', [400, 401, 403, 404, 413, 414, 415, 422], mailReasons, mailExamples),
  },
};

const verificationSchema = {
  operationId: 'sendEmailVerification',
  summary: 'Send the link again that confirms the email address',
  description: 'Nothing is sent when it is confirmed already.',
  tags,
  params: UserPath,
  response: {
    202: envelopeSchema(Type.Null(), 'The link is on its way.'),
    ...errorResponses('Problem', [400, 401, 403, 404, 413, 414, 415], mailReasons, mailExamples),
  },
};

const sessionsSchema = {
  operationId: 'listSessions',
  summary: 'List where the account is logged in',
  description: "Sessions of this server's log-ins; `current` marks the one of the token.",
  tags,
  params: UserPath,
  response: {
    200: envelopeSchema(Type.Array(Type.Ref('Session')), 'Sessions that live, the newest first.'),
    ...errorResponses('Problem', [400, 401, 403, 414]),
  },
};

const endOthersSchema = {
  operationId: 'endOtherSessions',
  summary: 'Log out everywhere else',
  description: 'Ends every session but the one behind the token, and with them their tokens.',
  tags,
  params: UserPath,
  response: {
    200: envelopeSchema(Type.Null(), 'The other sessions are over.'),
    ...errorResponses('Problem', [400, 401, 403, 413, 414, 415]),
  },
};

const SessionPath = Type.Object({
  user_id: userId,
  session_id: Type.String({ minLength: 1, maxLength: 64, description: "The session's `id`." }),
});

const endSchema = {
  operationId: 'endSession',
  summary: 'Log out one session',
  description: 'Ends the session, and with it every token of it.',
  tags,
  params: SessionPath,
  response: {
    200: envelopeSchema(Type.Null(), 'The session is over.'),
    ...errorResponses(
      'Problem',
      [400, 401, 403, 404, 413, 414, 415, 422],
      {},
      {
        404: notFound('Session'),
      },
    ),
  },
};

/** A token of another issuer proves no log-in here, and so no second factor: to it there is no account. */
function requireOwnSession({ identity }: FastifyRequest): void {
  if (identity?.sessionId === null) throw notFound('Account');
}

export function accountRoutes(app: App, { accounts, emailChange, db }: Context): void {
  const path = '/users/:user_id';

  app.post(`${path}/password`, { schema: passwordSchema }, async (request, reply) => {
    const { params, body } = request;
    requireOwnSession(request);
    const grant = await accounts.changePassword(
      params.user_id,
      auditOriginOf(request),
      sessionClientOf(request),
      body,
    );
    reply.header('cache-control', 'no-store');
    return { ...grant, message: 'Password changed successfully', status_code: 200 };
  });

  app.post(`${path}/email`, { schema: emailSchema }, async (request, reply) => {
    const { email, password } = request.body;
    requireOwnSession(request);
    await emailChange.request(request.params.user_id, auditOriginOf(request), email, password);
    reply.status(202);
    return envelope(null, 'A link is on its way to the new address', 202);
  });

  app.post(`${path}/email/verification`, { schema: verificationSchema }, async (request, reply) => {
    await emailChange.sendVerification(request.params.user_id, auditOriginOf(request));
    reply.status(202);
    return envelope(null, 'A link is on its way to the address', 202);
  });

  app.get(`${path}/sessions`, { schema: sessionsSchema }, async ({ params, identity }) => {
    const sessions = await listSessions(db, params.user_id, identity?.sessionId ?? null);
    return envelope(sessions, 'Sessions retrieved successfully');
  });

  app.delete(`${path}/sessions`, { schema: endOthersSchema }, async (request) => {
    const current = request.identity?.sessionId ?? null;
    await endOtherSessions(db, request.params.user_id, auditOriginOf(request), current);
    return envelope(null, 'Other sessions ended successfully');
  });

  app.delete(`${path}/sessions/:session_id`, { schema: endSchema }, async (request) => {
    const { user_id, session_id } = request.params;
    await endSession(db, user_id, auditOriginOf(request), session_id);
    return envelope(null, 'Session ended successfully');
  });
}
