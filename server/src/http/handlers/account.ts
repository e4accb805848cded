import type { FastifyRequest } from 'fastify';
import { EmailChangeRequest, PasswordChange } from '../../accounts/model.ts';
import * as sessions from '../../accounts/sessions.ts';
import { mailNotConfigured, notFound, wrongPassword } from '../../platform/errors.ts';
import { Type } from '../../platform/schema.ts';
import { UserPath, userId } from '../../writes/user-path.ts';
import { operation } from '../contract/operation.ts';
import { mailErrorDescriptions } from '../contract/schemas.ts';
import { auditOriginOf, sessionClientOf } from '../hooks/authentication.ts';
import { accessTokenSchema } from './auth.ts';

const group = 'Accounts';
const errorDescriptions = {
  401: 'No valid token, or a wrong password.',
  404: 'This user has no account here.',
};
const errorExamples = { 401: wrongPassword(), 404: notFound('Account') };
const mailErrors = {
  errorDescriptions: { ...errorDescriptions, ...mailErrorDescriptions },
  errorExamples: { ...errorExamples, 503: mailNotConfigured() },
};

/** A token of another issuer proves no log-in and no second factor here, so the account stays hidden from it. */
function requireOwnSession({ caller }: Pick<FastifyRequest, 'caller'>): void {
  if (caller?.sessionId === null) throw notFound('Account');
}

export const changePassword = operation({
  id: 'changePassword',
  summary: 'Change the password',
  description:
    "Ends every session and every token from before, the caller's too; the answer holds a new one.",
  group,
  input: { params: UserPath, body: PasswordChange },
  response: { 200: accessTokenSchema('The password is the new one.') },
  errors: [404, 413, 415, 422],
  errorDescriptions,
  errorExamples,
  async handle({ ctx, request, reply }) {
    const { params, body } = request;
    requireOwnSession(request);
    const grant = await ctx.accounts.changePassword(
      params.user_id,
      auditOriginOf(request),
      sessionClientOf(request),
      body,
    );
    reply.header('cache-control', 'no-store');
    return { ...grant, message: 'Password changed successfully', status_code: 200 };
  },
});

export const requestEmailChange = operation({
  id: 'requestEmailChange',
  summary: 'Ask for another email address',
  description:
    'Sends a link to the new address, good for one hour and once, and a notice to the one of now. The address changes ' +
    'when the link is opened. The answer is the same for an address that is taken; nothing is sent to it.',
  group,
  input: { params: UserPath, body: EmailChangeRequest },
  success: {
    status: 202,
    message: 'A link is on its way to the new address',
    data: Type.Null(),
    description: 'The link is on its way.',
  },
  errors: [404, 413, 415, 422],
  ...mailErrors,
  async handle({ ctx, request }) {
    const { email, password } = request.body;
    requireOwnSession(request);
    await ctx.emailChange.request(request.params.user_id, auditOriginOf(request), email, password);
    return { data: null };
  },
});

export const sendEmailVerification = operation({
  id: 'sendEmailVerification',
  summary: 'Send the link again that confirms the email address',
  description: 'Nothing is sent when it is confirmed already.',
  group,
  input: { params: UserPath },
  success: {
    status: 202,
    message: 'A link is on its way to the address',
    data: Type.Null(),
    description: 'The link is on its way.',
  },
  errors: [404, 413, 415],
  ...mailErrors,
  async handle({ ctx, request }) {
    await ctx.emailChange.sendVerification(request.params.user_id, auditOriginOf(request));
    return { data: null };
  },
});

export const listSessions = operation({
  id: 'listSessions',
  summary: 'List where the account is logged in',
  description: "Sessions of this server's log-ins; `current` marks the one of the token.",
  group,
  input: { params: UserPath },
  success: {
    message: 'Sessions retrieved successfully',
    data: Type.Array(Type.Ref('Session')),
    description: 'Sessions that live, the newest first.',
  },
  errors: [],
  async handle({ db, request: { params, caller } }) {
    return { data: await sessions.listSessions(db, params.user_id, caller?.sessionId ?? null) };
  },
});

export const endOtherSessions = operation({
  id: 'endOtherSessions',
  summary: 'Log out everywhere else',
  description: 'Ends every session but the one behind the token, and with them their tokens.',
  group,
  input: { params: UserPath },
  success: {
    message: 'Other sessions ended successfully',
    data: Type.Null(),
    description: 'The other sessions are over.',
  },
  errors: [413, 415],
  async handle({ db, request }) {
    const current = request.caller?.sessionId ?? null;
    await sessions.endOtherSessions(db, request.params.user_id, auditOriginOf(request), current);
    return { data: null };
  },
});

const SessionPath = Type.Object({
  user_id: userId,
  session_id: Type.String({ minLength: 1, maxLength: 64, description: "The session's `id`." }),
});

export const endSession = operation({
  id: 'endSession',
  summary: 'Log out one session',
  description: 'Ends the session, and with it every token of it.',
  group,
  input: { params: SessionPath },
  success: { message: 'Session ended successfully', data: Type.Null(), description: 'The session is over.' },
  errors: [404, 413, 415, 422],
  errorExamples: { 404: notFound('Session') },
  async handle({ db, request }) {
    const { user_id, session_id } = request.params;
    await sessions.endSession(db, user_id, auditOriginOf(request), session_id);
    return { data: null };
  },
});
