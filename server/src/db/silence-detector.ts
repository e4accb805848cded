import { Socket } from 'node:net';
import pg, { type Client } from 'pg';
import { withDeadline } from '../platform/deadline.ts';
import { openClient } from './inspect-server.ts';
import { isDirect } from './prepared.ts';

const tickMs = 250;
/** A connection whose server has sent nothing for so long while something is expected of it is examined. */
const maxSilenceMs = 500;
/** How long the server may take to answer on a new connection. Together it is less than the 3 s that are promised. */
const probeTimeoutMs = 2_000;
/** How often slow statements cause a probe. */
const probeIntervalMs = 1_000;

/** What is waited for on a connection. */
interface Wait {
  /** When it began, or when the server last sent something. */
  quietSince: number;
  bytesRead: number;
}

/**
 * Finds connections that will never answer, long before the time-out of a statement: a statement may be slow, but then
 * its server answers on another connection.
 */
export interface SilenceDetector {
  /** From now on the server owes this connection something. */
  begin(client: Client): void;
  end(client: Client): void;
  /** Closes all connections on which something is waited for. */
  dropWaiting(): void;
}

interface Options {
  /** Settings of the host that is asked. */
  findHost(): Promise<pg.ClientConfig>;
  /** The server does not answer on a new connection either. */
  onSilence(): void;
}

/** Which of the backends `$1` are gone, have been idle for a while, or cannot get rid of what they send. */
const deadBackendsQuery = `select pid from unnest($1::int[]) as pid left join pg_stat_activity as a using (pid)
  where a.pid is null or a.wait_event = 'ClientWrite'
    or (a.state like 'idle%' and a.state_change < clock_timestamp() - interval '500 ms')`;

/** Asks the server on a connection of its own. @returns those of the backends that will send nothing more */
export async function findDeadBackends(config: pg.ClientConfig, pids: readonly number[]): Promise<number[]> {
  const { client, close } = openClient({
    ...config,
    application_name: 'duly probe',
    connectionTimeoutMillis: probeTimeoutMs,
    query_timeout: probeTimeoutMs,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(deadBackendsQuery, [pids]);
    return rows.map(({ pid }) => pid);
  } finally {
    close();
  }
}

/** Whether the server gave an answer, such as that there are too many connections; not while it starts. */
export const isAnswer = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code?.startsWith('57P') !== true;

export function createSilenceDetector({ findHost, onSilence }: Options): SilenceDetector {
  const waits = new Map<Client, Wait>();
  let timer: NodeJS.Timeout | undefined;
  let tickedAt = 0;
  let probedAt = Number.NEGATIVE_INFINITY;
  let isProbing = false;
  /** When the server last sent something on any connection. */
  let heardAt = Number.NEGATIVE_INFINITY;

  function findSilent(now: number): Map<Client, Wait> {
    const silent = new Map<Client, Wait>();
    for (const [client, wait] of waits) {
      const bytesRead = bytesReadOf(client);
      if (bytesRead !== wait.bytesRead) {
        Object.assign(wait, { bytesRead, quietSince: now });
        heardAt = now;
      } else if (now - wait.quietSince >= maxSilenceMs) silent.set(client, wait);
    }
    return silent;
  }

  function tick(): void {
    if (waits.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const now = performance.now();
    // After a pause of this process, what the server has sent meanwhile is read first.
    const wasPaused = now - tickedAt > 2 * tickMs;
    tickedAt = now;
    const silent = findSilent(now);
    if (silent.size === 0 || wasPaused || isProbing || now - probedAt < probeIntervalMs) return;
    probedAt = now;
    void examine(silent);
  }

  async function examine(silent: ReadonlyMap<Client, Wait>): Promise<void> {
    isProbing = true;
    const pids = [...silent.keys()].flatMap((client) => pidOf(client) ?? []);
    try {
      const dead = new Set(
        await withDeadline(
          findHost().then((host) => findDeadBackends(host, pids)),
          probeTimeoutMs,
        ),
      );
      for (const [client, wait] of silent) {
        const isSameWait = waits.get(client) === wait && bytesReadOf(client) === wait.bytesRead;
        if (isSameWait && dead.has(pidOf(client) ?? 0)) drop(client);
      }
    } catch (error) {
      if (!isAnswer(error) && heardAt < probedAt) onSilence();
    } finally {
      isProbing = false;
    }
  }

  return {
    begin(client) {
      waits.set(client, {
        quietSince: performance.now(),
        bytesRead: bytesReadOf(client),
      });
      if (timer !== undefined) return;
      tickedAt = performance.now();
      timer = setInterval(tick, tickMs).unref();
    },
    end(client) {
      const wait = waits.get(client);
      if (wait !== undefined && wait.bytesRead !== bytesReadOf(client)) heardAt = performance.now();
      waits.delete(client);
    },
    dropWaiting() {
      for (const client of waits.keys()) drop(client);
    },
  };
}

const bytesReadOf = ({ connection: { stream } }: Client) => (stream instanceof Socket ? stream.bytesRead : 0);

/** The driver then rejects what waits for this connection, and the pool removes it. */
const drop = ({ connection }: Client) => void connection.stream.destroy();

/** Undefined behind a pooler, where the pid is another one. */
const pidOf = (client: Client): number | undefined =>
  isDirect(client) && 'processID' in client && typeof client.processID === 'number'
    ? client.processID
    : undefined;
