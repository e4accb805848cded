import nodemailer from 'nodemailer';
import type { SmtpSettings } from '../config/mail.ts';
import { cleanLine } from './clean-text.ts';
import { oneRecipient, transportOptions } from './smtp.ts';

const maxAnswerLength = 500;

/**
 * Greets the server, with TLS as SMTP_URL asks for it. No log-in, no mail.
 * @throws Error of the connection, or of an answer
 */
export async function greetMailServer(smtp: SmtpSettings): Promise<void> {
  const { auth: _, ...options } = { auth: undefined, ...transportOptions(smtp) };
  const transport = nodemailer.createTransport(options);
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

export interface TestMailResult {
  isAccepted: boolean;
  /** The last answer of the server, or why there was none; one line. */
  answer: string;
}

/** Sends a mail that says what it is for. It never throws. */
export async function sendTestMail(smtp: SmtpSettings, from: string, to: string): Promise<TestMailResult> {
  const transport = nodemailer.createTransport(transportOptions(smtp));
  try {
    const { response } = await transport.sendMail({
      ...{ from, to: oneRecipient(to) },
      subject: 'A test of the mail of Duly',
      text: 'The operator of the service asked for this mail, to see whether mail arrives. There is nothing to do.\n',
    });
    return { isAccepted: true, answer: cleanLine(response, maxAnswerLength) };
  } catch (error) {
    return { isAccepted: false, answer: cleanLine(answerOf(error), maxAnswerLength) };
  } finally {
    transport.close();
  }
}

function answerOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'response' in error && typeof error.response === 'string' ? error.response : error.message;
}
