import { expect, test } from 'vitest';
import { senderSettings } from '../../src/config/senders.ts';

test('receivers on this host are refused by default, and need https in production only', () => {
  expect(senderSettings({}, false)).toEqual({ allowsLoopback: false, requiresHttps: false });
  expect(senderSettings({}, true)).toEqual({ allowsLoopback: false, requiresHttps: true });
  const allowed = senderSettings({ ALLOW_LOOPBACK_RECEIVERS: '1' }, false);
  expect(allowed).toEqual({ allowsLoopback: true, requiresHttps: false });
});

test('production refuses the setting that allows them', () => {
  const refusal = 'ALLOW_LOOPBACK_RECEIVERS: got "1", wants 0 in production';
  expect(() => senderSettings({ ALLOW_LOOPBACK_RECEIVERS: '1' }, true)).toThrow(refusal);
  expect(() => senderSettings({ ALLOW_LOOPBACK_RECEIVERS: 'yes' }, false)).toThrow('wants 1 or 0');
});
