import { domainToASCII } from 'node:url';

/** A mail of two parts, plain text and HTML. */
export interface MimeMail {
  /** As MAIL_FROM is written: an address, or a name and an address. */
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Without angle brackets. */
  messageId: string;
  date: Date;
  /** Further headers, in ASCII. */
  headers: Readonly<Record<string, string>>;
}

/**
 * The mail as bytes (RFC 5322, RFC 2045 and RFC 2047). nodemailer would compose it in as much time as it takes to send
 * it, and reminders are many at the same minute. No value can add a header.
 */
export function composeMime({ from, to, subject, text, html, messageId, date, headers }: MimeMail): Buffer {
  const boundary = `=_${messageId.replaceAll(/\W/g, '').slice(0, 24)}`;
  const head = {
    From: senderText(from),
    To: addressText(to),
    Subject: headerText(subject),
    'Message-ID': `<${oneLine(messageId)}>`,
    Date: date.toUTCString().replace('GMT', '+0000'),
    'MIME-Version': '1.0',
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, oneLine(value)])),
    'Content-Type': `multipart/alternative; boundary="${boundary}"`,
  };
  const part = (type: string, body: string) =>
    `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(body)}\r\n`;
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  const parts = [part('text/plain', text), part('text/html', html), `--${boundary}--\r\n`];
  return Buffer.from([...lines, '\r\n', ...parts].join(''));
}

/** The address of a mailbox that may have a name before it. */
export const addressOfMailbox = (mailbox: string): string => /<([^>]*)>$/.exec(mailbox)?.[1] ?? mailbox;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const oneLine = (value: string): string => value.replaceAll(/[\0-\x1f\x7f]+/g, ' ');

/** With the domain in ASCII. */
function addressText(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return oneLine(`${address.slice(0, at + 1)}${domainToASCII(domain) || domain}`);
}

function senderText(from: string): string {
  const address = addressText(addressOfMailbox(from));
  const name = oneLine(from).replace(/\s*<[^>]*>$/, '');
  if (name === '' || !from.endsWith('>')) return address;
  return `${isPlain(name) ? `"${name}"` : encodedWords(name)} <${address}>`;
}

const isPlain = (text: string) => /^[ !#-[\]-~]*$/.test(text);
/** A line with the longest name of a header has at most 78 characters. */
const maxPlainLength = 66;

function headerText(text: string): string {
  const line = oneLine(text);
  const isReadable = /^[ -~]*$/.test(line) && !line.includes('=?') && line.length <= maxPlainLength;
  return isReadable ? line : encodedWords(line);
}

/** A word of so many bytes of UTF-8 and the name of its header make a line of at most 76 characters (RFC 2047 §2). */
const maxWordBytes = 39;

/** Encoded words never end within a character. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of text.toWellFormed()) {
    if (Buffer.byteLength(word + character) > maxWordBytes) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ');
}

const encoded = (byte: string) => `=${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Lines of at most 76 characters (RFC 2045 §6.7). */
function quotedPrintable(text: string): string {
  const bytes = Buffer.from(text.replaceAll(/\r\n?/g, '\n')).toString('latin1');
  return bytes
    .split('\n')
    .map((line) => {
      const safe = line.replaceAll(/[^ -<>-~\t]|[ \t]$/g, encoded);
      // A soft break never cuts an encoded byte.
      return safe.length <= 76 ? safe : (safe.match(/.{1,72}(?:=..|[^=]{0,3})/g) ?? []).join('=\r\n');
    })
    .join('\r\n');
}
