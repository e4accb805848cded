import { hash } from 'node:crypto';
import type { LimitSettings, Quota } from '../config/limits.ts';
import { addressKey } from './address.ts';
import { createMarks } from './memory.ts';
import type { SharedCounters } from './shared.ts';
import { countersMax, knownForSeconds, type Limit, limitTable } from './table.ts';
import { type Count, createWindows, type Windows } from './windows.ts';

/** What a limit says to a request. */
export interface Verdict extends Count {
  name: string;
  quota: Quota;
}

export type Verdicts = Verdict[] | Promise<Verdict[]>;

/** What the limits say to a log-in, in addition to those by address. */
export interface Attempt {
  /** Not to be tried. */
  refused: Verdict | null;
  /** To be tried; a wrong password is to be answered with this refusal, so that guessing gets 429. */
  late: Verdict | null;
  /** To be called when the log-in succeeded: its address is known to the account from then on. */
  succeed(): Promise<void>;
}

/**
 * Each function counts the request at hand; a verdict that does not allow it is to be answered with 429. Limits that
 * are off have none. What this process counts alone is answered at once.
 */
export interface Limits {
  byAddress(address: string, isWayIn: boolean): Verdicts;
  byUser(userId: string): Verdicts;
  /** Of requests that send mail somewhere, or make an account for it. */
  byMail(mail: string): Verdicts;
  /** Of log-ins on the account of a mail address. */
  login(mail: string, address: string): Promise<Attempt>;
  /** To be told of each 429, by which limits it was. */
  countRefusals(verdicts: readonly Verdict[]): void;
  /** How many there were by each limit, as the `RateLimit` headers call it. */
  refusals(): Readonly<Record<string, number>>;
  /** Waits, not long, for the shared counters. */
  open(): Promise<void>;
  close(): void;
}

/** One limit with its counters in this process. */
interface Gauge {
  id: string;
  name: string;
  quota: Quota;
  windows: Windows;
}

interface Reading {
  gauge: Gauge | null;
  key: string;
}

const createGauge = (id: string, { name, quota }: Limit): Gauge | null =>
  quota && { id, name, quota, windows: createWindows(quota, countersMax) };

/** @param shared where instances or workers count together; null: this process counts alone */
export function createLimits(settings: LimitSettings, shared: SharedCounters | null): Limits {
  const { take, known } = createStore(shared);
  const table = limitTable(settings);
  const address = createGauge('address', table.address);
  const auth = createGauge('auth', table.auth);
  const siege = createGauge('siege', table.siege);
  const mail = createGauge('mail', table.mail);
  const user = createGauge('user', table.user);
  const refusals: Record<string, number> = {};
  for (const { name } of [table.address, table.auth, table.account, table.user]) refusals[name] = 0;

  return {
    byAddress(ip, isWayIn) {
      const key = addressKey(ip);
      const readings = [{ gauge: address, key }];
      if (isWayIn) readings.unshift({ gauge: auth, key });
      return take(readings);
    },
    byUser: (userId) => take([{ gauge: user, key: userId }]),
    byMail: (to) => take([{ gauge: mail, key: accountKey(to) }]),
    async login(to, ip) {
      const account = accountKey(to);
      const pair = `${account}:${addressKey(ip)}`;
      const succeed = () => known.add(pair);
      const { name, quota } = table.account;
      const isStranger = quota !== null && !(await known.has(pair));
      const [verdict] = isStranger ? await take([{ gauge: siege, key: account }]) : [];
      if (verdict === undefined || quota === null) return { refused: null, late: null, succeed };
      const shown = { ...verdict, name, quota };
      return {
        refused: verdict.allowed ? null : shown,
        late: verdict.used > quota.requests ? shown : null,
        succeed,
      };
    },
    countRefusals(verdicts) {
      for (const { name } of verdicts) refusals[name] = (refusals[name] ?? 0) + 1;
    },
    refusals: () => refusals,
    open: async () => shared?.open(),
    close: () => shared?.close(),
  };
}

/** Mail addresses are not written down anywhere else than in the database. */
const accountKey = (mail: string): string =>
  hash('sha256', mail.trim().normalize('NFC').toLowerCase(), 'base64url');

/** Counters and marks: the shared ones while they are there, this process's own otherwise. */
function createStore(shared: SharedCounters | null) {
  const marks = createMarks();

  function take(readings: readonly Reading[]): Verdicts {
    const on = readings.flatMap(({ gauge, key }) => (gauge === null ? [] : [{ gauge, key }]));
    const own = () =>
      on.map(({ gauge: { name, quota, windows }, key }) => ({ ...windows.take(key), name, quota }));
    if (shared === null || on.length === 0 || !shared.isThere) return own();
    const claims = on.map(({ gauge, key }) => ({ key: `${gauge.id}:${key}`, quota: gauge.quota }));
    const counted = shared.take(claims);
    return counted.then(
      (counts) =>
        counts.flatMap((count, index) => {
          const gauge = on[index]?.gauge;
          return gauge === undefined ? [] : [{ ...count, name: gauge.name, quota: gauge.quota }];
        }),
      own,
    );
  }

  const known = {
    async has(key: string): Promise<boolean> {
      if (marks.has(key)) return true;
      return shared?.isThere ? shared.isMarked(key).catch(() => false) : false;
    },
    async add(key: string): Promise<void> {
      marks.set(key, true);
      if (shared?.isThere) await shared.mark(key, knownForSeconds).catch(() => undefined);
    },
  };
  return { take, known };
}
