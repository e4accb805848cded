import { expect, test } from 'vitest';
import { openText, sealText } from '../../src/platform/sealed-text.ts';

const [newest, older] = ['a new secret', 'an old secret'];
const text = 'whsec_ä';

test('a text opens with the secret that sealed it, wherever that stands in the list', () => {
  const sealed = sealText([older], 'row 1', text);
  expect(openText([older], 'row 1', sealed)).toBe(text);
  expect(openText([newest, older], 'row 1', sealed)).toBe(text);
  expect(openText([newest], 'row 1', sealed)).toBeNull();
});

test('equal texts are sealed to different ones, by the newest secret', () => {
  const [one, two] = [sealText([newest, older], 'row 1', text), sealText([newest, older], 'row 1', text)];
  expect(one).not.toBe(two);
  expect(openText([newest], 'row 1', one)).toBe(text);
});

test('a text that was changed, or comes from another place, does not open', () => {
  const sealed = sealText([newest], 'row 1', text);
  expect(openText([newest], 'row 2', sealed)).toBeNull();
  const [version, keyId, data = ''] = sealed.split('.');
  const bytes = Buffer.from(data, 'base64url');
  for (const index of [0, 12, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(bytes.readUInt8(index) ^ 1, index);
    expect(openText([newest], 'row 1', `${version}.${keyId}.${changed.toString('base64url')}`)).toBeNull();
  }
  for (const wrong of ['', 'v1', `v2.${keyId}.${data}`, `v1.${keyId}.AAAA`])
    expect(openText([newest], 'row 1', wrong)).toBeNull();
});
