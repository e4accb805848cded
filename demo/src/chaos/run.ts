import { setTimeout as sleep } from 'node:timers/promises';
import { createDuly } from '../../../client/src/index.ts';
import { seeded } from '../../../server/test/support/random.ts';
import { DemoError } from '../fill.ts';
import { type Auditor, type FinalVerdict, startAuditor } from './auditor.ts';
import { type Killer, type KillKind, startKiller } from './killer.ts';
import { type Phone, startPhone } from './phones.ts';
import { createScreen, type Screen } from './screen.ts';
import { createVictim, type VictimService } from './service.ts';
import { startWriters, type Writers } from './writers.ts';

export interface ChaosOptions {
  seconds: number;
  seed: number;
  /** Ends it early, without a verdict. */
  stop: AbortSignal;
}

const writerCount = 4;
const phoneCount = 3;
const redrawMs = 200;
/** For the last writes, over the phones' network. */
const finishMs = 120_000;

interface Load {
  writers: Writers;
  phones: readonly Phone[];
  auditor: Auditor;
  killer: Killer;
}

/**
 * Kills a server and its database under the writes of several clients, on data of its own.
 * @returns whether nothing was lost or doubled and all mirrors are the same; false if it was stopped
 * @throws DemoError when the server cannot be started
 */
export async function runChaos({ seconds, seed, stop }: ChaosOptions): Promise<boolean> {
  const screen = createScreen(process.stdout);
  const victim = await createVictim();
  const stopped = new Promise<null>((resolve) => stop.addEventListener('abort', () => resolve(null)));
  let redrawing: NodeJS.Timeout | undefined;
  try {
    screen.note(
      `Chaos for ${seconds} s, seed ${seed}: ${writerCount} writers, ${phoneCount} phones, kill -9`,
    );
    const running = (async () => {
      const load = await startLoad(victim, screen, seed);
      const begin = performance.now();
      redrawing = setInterval(() => screen.show(figuresOf(load, seconds, begin)), redrawMs);
      const parts = [
        load.killer.running,
        load.auditor.running,
        ...load.phones.map(({ running: part }) => part),
      ];
      await Promise.race([sleep(seconds * 1_000), ...parts]);
      const verdict = await finish(load);
      screen.show({
        ...figuresOf(load, seconds, begin),
        lost: verdict.lost.length,
        doubled: verdict.doubled.length,
      });
      return verdict;
    })();
    const verdict = await Promise.race([running, stopped]);
    clearInterval(redrawing);
    screen.close();
    return report(verdict);
  } finally {
    clearInterval(redrawing);
    await victim.remove();
  }
}

async function startLoad(victim: VictimService, screen: Screen, seed: number): Promise<Load> {
  const { url } = victim;
  if (!(await victim.start())) throw new DemoError('The server did not start');
  const account = await createDuly({ url })
    .auth.register({
      ...{ email: 'chaos@example.com', password: 'quiet-harbour-58' },
      ...{ first_name: 'Chaos', last_name: 'Monkey' },
    })
    .then(({ access_token: token, user: { id: userId } }) => ({ token, userId }));
  const writers = startWriters(url, account, writerCount);
  const phones = await Promise.all(
    Array.from({ length: phoneCount }, (_, index) =>
      startPhone(url, account, `phone ${index + 1}`, seed + index + 1),
    ),
  );
  const onReturn = (kind: KillKind, backMs: number) =>
    screen.note(`killed ${killed[kind]}: back after ${(backMs / 1_000).toFixed(1)} s`);
  const auditor = startAuditor(url, account, writers, phones);
  return { writers, phones, auditor, killer: startKiller(victim, seeded(seed), onReturn) };
}

const killed: Record<KillKind, string> = {
  server: 'the server',
  database: 'the database',
  both: 'server and database',
};

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const figuresOf = ({ writers, phones, auditor, killer }: Load, seconds: number, begin: number) => ({
  elapsedSeconds: Math.min(seconds, (performance.now() - begin) / 1_000),
  seconds,
  isDown: killer.isDown(),
  acknowledged: {
    writers: writers.acknowledged.size,
    phones: sum(phones.map(({ acknowledged }) => acknowledged.size)),
  },
  repeated: writers.repeated(),
  lostMessages: sum(phones.map((phone) => phone.lostMessages())),
  pending: sum(phones.map((phone) => phone.pending())),
  kills: killer.kills,
  slowestReturnMs: killer.slowestReturnMs(),
  lost: auditor.latest().lost.length,
  doubled: auditor.latest().doubled.length,
});

/** Ends the kills, then the writes, then the exchange of the phones, and compares. */
async function finish({ writers, phones, auditor, killer }: Load): Promise<FinalVerdict> {
  const late = sleep(finishMs, undefined, { ref: false }).then(() => {
    throw new Error(`the last writes were not acknowledged within ${finishMs / 1_000} s`);
  });
  const work = async () => {
    await killer.finish();
    await writers.finish();
    // First all that they wrote, then what the others wrote meanwhile.
    await Promise.all(phones.map((phone) => phone.push()));
    const mirrors = await Promise.all(phones.map((phone) => phone.finish()));
    return auditor.finish(mirrors);
  };
  return Promise.race([work(), late]);
}

/** @param verdict null: it was stopped */
function report(verdict: FinalVerdict | null): boolean {
  if (verdict === null) {
    process.stdout.write('\nStopped: nothing was compared.\n');
    return false;
  }
  const { tasks, lost, doubled, differing } = verdict;
  const isFine = lost.length + doubled.length + differing.length === 0;
  const mirrors =
    differing.length === 0
      ? `the mirrors of ${phoneCount} phones are what the server has`
      : `other than the server: ${differing.join(', ')}`;
  const title = isFine ? 'Nothing was lost or doubled' : 'NOT AS PROMISED';
  process.stdout.write(
    `\n${title}: ${tasks} tasks, ${lost.length} lost, ${doubled.length} doubled; ${mirrors}.\n`,
  );
  for (const name of [...lost, ...doubled].slice(0, 20)) process.stdout.write(`  ${name}\n`);
  return isFine;
}
