import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../server/test/support/random.ts';
import type { VictimService } from './service.ts';

export const killKinds = ['server', 'database', 'both'] as const;
export type KillKind = (typeof killKinds)[number];

export interface Killer {
  kills: Readonly<Record<KillKind, number>>;
  /** Whether something was killed and is not back yet. */
  isDown(): boolean;
  slowestReturnMs(): number;
  /** Rejects when the service does not come back. */
  running: Promise<void>;
  /** Resolves once everything is back. */
  finish(): Promise<void>;
}

const [leastMs, mostMs] = [1_500, 4_500];
/** Where the machine is slow, a short run goes on until then. */
const leastKills = 2;

/**
 * Kills (kill -9) the server, its database or both at random instants, each kind as often as the others.
 * @param onReturn called each time when the service is back
 */
export function startKiller(
  victim: VictimService,
  random: Random,
  onReturn: (kind: KillKind, backMs: number) => void,
): Killer {
  const kills = { server: 0, database: 0, both: 0 };
  const over = new AbortController();
  let isDown = false;
  let slowestMs = 0;

  async function kill(kind: KillKind): Promise<void> {
    const begin = performance.now();
    isDown = true;
    kills[kind] += 1;
    await { server: victim.killServer, database: victim.killDatabase, both: victim.killBoth }[kind]();
    if (!(await victim.start())) throw new Error(`the server did not start after a kill (${kind})`);
    const backMs = performance.now() - begin;
    slowestMs = Math.max(slowestMs, backMs);
    isDown = false;
    onReturn(kind, backMs);
  }

  const running = (async () => {
    for (let round = shuffled(random); ; round = round.length > 0 ? round : shuffled(random)) {
      await sleep(leastMs + random.below(mostMs - leastMs), undefined, { signal: over.signal }).catch(
        () => undefined,
      );
      if (over.signal.aborted && kills.server + kills.database + kills.both >= leastKills) return;
      const kind = round.pop();
      if (kind !== undefined) await kill(kind);
    }
  })();
  return {
    kills,
    isDown: () => isDown,
    slowestReturnMs: () => slowestMs,
    running,
    async finish() {
      over.abort();
      await running;
    },
  };
}

const shuffled = (random: Random): KillKind[] => {
  const first = random.pick(killKinds);
  const second = random.pick(killKinds.filter((kind) => kind !== first));
  return [first, second, ...killKinds.filter((kind) => kind !== first && kind !== second)];
};
