import { expect, test } from 'vitest';
import {
  backupDrill,
  dumpDrill,
  erasureDrill,
  loadDrill,
  restoreDrill,
  verificationDrill,
} from '../support/kill-drills.ts';
import { upgradeDrill } from '../support/kill-upgrade.ts';
import { killSeed, runKills } from '../support/kills.ts';

/** Of each command. `DULY_KILLS=20` takes half an hour. */
const kills = Number(process.env.DULY_KILLS ?? 2);

/** Each kill is followed by two or three starts of a database. */
const timeoutMs = 60_000 + kills * 60_000;

test.each([
  ['backup', backupDrill],
  ['backup verify', verificationDrill],
  ['restore', restoreDrill],
  ['dump', dumpDrill],
  ['load', loadDrill],
  ['upgrade', upgradeDrill],
  ['erasure', erasureDrill],
])(
  '%s killed at random instants',
  async (name, newDrill) => {
    const drill = await newDrill();
    expect(drill.name).toBe(name);
    await runKills(drill, kills, killSeed);
  },
  timeoutMs,
);
