import { expect, test } from 'vitest';
import { mailSettings } from '../../src/config/mail.ts';
import type { Env } from '../../src/config/values.ts';

const read = (env: Env) => mailSettings(env);

test.each([
  [
    { SMTP_URL: 'smtps://us%40er:p%25@mail.example', MAIL_FROM: 'Duly <duly@example.com>' },
    { host: 'mail.example', port: 465, secure: true, user: 'us@er', password: 'p%' },
  ],
  [
    { SMTP_URL: 'smtp://[::1]:2525/', MAIL_FROM: 'duly@example.com' },
    { host: '::1', port: 2525, secure: false, user: '', password: '' },
  ],
  [
    { SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'duly@example.com' },
    { host: 'mail.example', port: 587, secure: false, user: '', password: '' },
  ],
  [{}, null],
])('a mail server: %j', (env, smtp) => {
  expect(read(env).smtp).toEqual(smtp);
});

test('the page for a new password is the one that is named, else one of this server', () => {
  expect(read({}).passwordResetUrl).toBeNull();
  const url = 'https://app.example.com/new?lang=en';
  expect(read({ PASSWORD_RESET_URL: url }).passwordResetUrl).toBe(url);
});

test.each([
  ['SMTP_URL', 'mail.example', 'not a URL', 'smtp://'],
  ['SMTP_URL', 'https://u:hush@mail.example', '"https:"', 'smtp://'],
  ['SMTP_URL', 'smtp://u:hush@mail.example/x', 'more than', 'smtp://'],
  ['SMTP_URL', 'smtp://u:hush@mail.example?x=1', 'more than', 'smtp://'],
  ['SMTP_URL', 'smtp://u:hush%@mail.example', 'stray %', '%25'],
  ['SMTP_URL', 'smtp:///x', 'no host', 'smtp://'],
  ['MAIL_FROM', 'nobody', '"nobody"', 'no-reply@example.com'],
  ['MAIL_FROM', 'a@example.com, b@example.com', '"a@example.com, b', 'no-reply@example.com'],
  ['MAIL_FROM', 'A\r\nBcc: <b@example.com>', '"A\\r\\nBcc', 'no-reply@example.com'],
  ['PASSWORD_RESET_URL', 'app.example.com', '"app.example.com"', 'https://'],
  ['PASSWORD_RESET_URL', 'https://u:PASSWORD@a.example/reset', 'a URL with credentials', 'https://'],
  ['PASSWORD_RESET_URL', 'javascript:alert(1)', '"javascript:', 'https://'],
])('%s=%j stops the start with one line', (name, value, got, wants) => {
  const refusal = () => read({ MAIL_FROM: 'duly@example.com', [name]: value });
  expect(refusal).toThrow(new RegExp(`^${name}: got [^\r\n]*, wants [^\r\n]*$`));
  expect(refusal).toThrow(got);
  expect(refusal).toThrow(wants);
  expect(refusal).not.toThrow('hush');
});

test('SMTP_URL wants a sender beside it', () => {
  expect(() => read({ SMTP_URL: 'smtp://mail.example' })).toThrow('MAIL_FROM: got nothing beside SMTP_URL');
});
