import type { MailContent, MailDocument } from './document.ts';
import { renderHtml } from './html-part.ts';
import { renderText } from './text-part.ts';

export const renderMail = (document: MailDocument): MailContent => ({
  subject: document.subject,
  text: renderText(document),
  html: renderHtml(document),
});
