import type { Mail } from './mailer.ts';

const ignoreNotice = 'If you did not ask for this, you can ignore this mail.';

/** The texts contain no user input but the recipient's address: the service cannot be used to send spam. */
function buildMail(to: string, subject: string, ...paragraphs: string[]): Mail {
  return { to, subject, text: `${paragraphs.join('\n\n')}\n` };
}

export const verificationMail = (to: string, link: string): Mail =>
  buildMail(
    to,
    'Confirm your email address',
    `Open this link to confirm your email address:\n${link}`,
    'It is good for one hour.',
    ignoreNotice,
  );

export const passwordResetMail = (to: string, link: string): Mail =>
  buildMail(
    to,
    'Set a new password',
    `Open this link to set a new password:\n${link}`,
    'It is good for one hour, and once.',
    ignoreNotice,
  );

export const emailChangeMail = (to: string, link: string): Mail =>
  buildMail(
    to,
    'Confirm your new email address',
    `Open this link to make this the address of your account:\n${link}`,
    'It is good for one hour, and once.',
    ignoreNotice,
  );

export const invitationMail = (to: string, link: string): Mail =>
  buildMail(
    to,
    'You are invited to make an account',
    `Open this link to make an account with this address:\n${link}`,
    'It is good for seven days, and once.',
    'If you do not want an account, you can ignore this mail.',
  );

const notYouNotice = 'If it was not you, set a new password at once: that also ends every session.';

export const emailChangeNotice = (to: string): Mail =>
  buildMail(
    to,
    'Your email address is about to change',
    'Somebody who knows your password asked to give your account another email address. It changes when the link that was sent to the new address is opened.',
    notYouNotice,
  );

export const emailChangedNotice = (to: string): Mail =>
  buildMail(
    to,
    'Your email address was changed',
    'Your account now has another email address; this one is no longer of use for it.',
  );

export const passwordChangedNotice = (to: string): Mail =>
  buildMail(
    to,
    'Your password was changed',
    'The password of your account was changed, and every session from before has ended.',
    notYouNotice,
  );
