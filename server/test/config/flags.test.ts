import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type FlagName,
  type FlagSettings,
  flagNames,
  flagOf,
  flagSettings,
  isFeatureOn,
} from '../../src/config/flags.ts';
import { read, root } from '../support/sources.ts';

const settingsOf = (text: string): FlagSettings => flagSettings({ FEATURE_FLAGS: text });
const users = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
const usersWith = (settings: FlagSettings, name: FlagName) =>
  users.filter((user) => isFeatureOn(settings, name, user));

describe('each flag', () => {
  test.each(flagNames)('%s is not past its expiry', (name) => {
    const today = new Date().toISOString().slice(0, 10);
    const { expires, owner } = flagOf(name);
    expect(expires).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(
      expires >= today,
      `${name} ends on ${expires}: ${owner} makes the feature permanent or removes it`,
    ).toBe(true);
  });

  test.each(flagNames)('%s has an owner that exists, and a need that is a flag', (name) => {
    const { owner, needs = name } = flagOf(name);
    expect(existsSync(join(root, owner)), owner).toBe(true);
    expect(flagNames).toContain(needs);
  });

  test.each(flagNames)('%s is on the page about flags', async (name) => {
    expect(await read('docs/operations/flags.md')).toContain(`\n| \`${name}\` | on`);
  });
});

describe('FEATURE_FLAGS', () => {
  test('changes the flags that it names', () => {
    expect(flagSettings({})).toEqual({ import_http: 100, import_archives: 100, web_push: 100 });
    expect(settingsOf(' web_push=off, import_archives=25% ')).toEqual({
      import_http: 100,
      import_archives: 25,
      web_push: 0,
    });
    expect(settingsOf('web_push=0%')).toEqual(settingsOf('web_push=off'));
    expect(settingsOf('web_push=100%')).toEqual(settingsOf('web_push=on'));
  });

  const wants =
    'wants name=on, name=off or name=25%, with commas between; the names are import_http, import_archives, web_push';
  test.each([
    'imports=off',
    'web_push',
    'web_push=0',
    'web_push=101%',
    'web_push=-1%',
    'web_push=2.5%',
    'WEB_PUSH=on',
  ])('%s is refused', (text) => {
    expect(() => settingsOf(text)).toThrow(`FEATURE_FLAGS: got ${JSON.stringify(text)}, ${wants}`);
  });

  test('an empty part, and a name that comes twice, are refused', () => {
    expect(() => settingsOf('web_push=on,')).toThrow(`FEATURE_FLAGS: got "", ${wants}`);
    expect(() => settingsOf('web_push=on,web_push=off')).toThrow(
      'FEATURE_FLAGS: got web_push twice, wants each name once',
    );
  });

  test('a flag that is on for more users than the one that it needs is refused', () => {
    expect(() => settingsOf('import_http=off,import_archives=on')).toThrow(
      'FEATURE_FLAGS: got import_archives=100% with import_http=0%, wants import_archives on for no more users than import_http, which it needs',
    );
    expect(() => settingsOf('import_archives=51%,import_http=50%')).toThrow('FEATURE_FLAGS: got');
    expect(settingsOf('import_http=50%,import_archives=50%')).toMatchObject({ import_archives: 50 });
  });

  test('a flag that is not named follows the one that it needs', () => {
    expect(settingsOf('import_http=off')).toMatchObject({ import_http: 0, import_archives: 0 });
    expect(settingsOf('import_http=30%')).toMatchObject({ import_archives: 30 });
  });
});

describe('a roll-out', () => {
  test('takes in about the percentage of users, all of them at 100 % and nobody at 0 %', () => {
    expect(usersWith(settingsOf('web_push=off'), 'web_push')).toHaveLength(0);
    expect(usersWith(settingsOf('web_push=on'), 'web_push')).toHaveLength(users.length);
    for (const percent of [1, 10, 50, 99]) {
      const share = (100 * usersWith(settingsOf(`web_push=${percent}%`), 'web_push').length) / users.length;
      expect(Math.abs(share - percent), `${percent} %: ${share} %`).toBeLessThan(2);
    }
  });

  test('keeps its users when it grows, and takes the same ones each time', () => {
    const tenth = usersWith(settingsOf('web_push=10%'), 'web_push');
    const half = new Set(usersWith(settingsOf('web_push=50%'), 'web_push'));
    expect(tenth.filter((user) => !half.has(user))).toEqual([]);
    // By Python's hashlib.
    expect(tenth.slice(0, 3)).toEqual(['user-18', 'user-30', 'user-32']);
  });

  test('takes other users for another flag', () => {
    const settings = settingsOf('web_push=50%,import_http=50%,import_archives=0%');
    const imports = new Set(usersWith(settings, 'import_http'));
    const both = usersWith(settings, 'web_push').filter((user) => imports.has(user));
    expect(both.length / users.length).toBeCloseTo(0.25, 1);
  });

  test('is for users who have what it needs only', () => {
    const settings = settingsOf('import_http=50%,import_archives=50%');
    const imports = new Set(usersWith(settings, 'import_http'));
    const archives = usersWith(settings, 'import_archives');
    expect(archives.length).toBeGreaterThan(0);
    expect(archives.filter((user) => !imports.has(user))).toEqual([]);
  });
});
