import pg, { type PoolClient } from 'pg';
import { type ByteFields, setReceiver } from './byte-rows.ts';
import { recordFailure } from './failure-record.ts';
import {
  createMessageReader,
  encodeRead,
  errorFieldsOf,
  fieldsOf,
  headBytes,
  type PreparedRead,
} from './messages.ts';

/**
 * Frequent reads, several on one connection: the next is sent before the first is answered, so that the server need not
 * wait for this process. A lane is a connection of the pool, for as long as there is something to read and a second at
 * most. Each read is a transaction of its own.
 */
export interface ReadLanes {
  read(read: PreparedRead): Promise<ByteFields[]>;
}

/** This process does not keep more connections busy. */
const maxLanes = Number(process.env.LANES ?? 4);
/** Reads that one connection has at once. All but the first wait for the first, however long that takes. */
const maxDepth = Number(process.env.DEPTH ?? 4);
/** Then the pool checks the connection again. */
const maxOpenMs = 1_000;

interface Pending extends PreparedRead {
  rows: ByteFields[];
  error: Error | null;
  resolve(rows: ByteFields[]): void;
  reject(error: Error): void;
}

interface Lane {
  /** How many reads it may take now. */
  room(): number;
  isIdle(): boolean;
  add(read: Pending): void;
  /** Sends what was added. */
  flush(): void;
}

interface Options {
  /** Takes a connection out of the pool. */
  connect(): Promise<PoolClient>;
  /** Whether more than these wait for a connection of the pool. */
  isContended(ownCount: number): boolean;
  /** How long the server may send nothing. */
  timeoutMs: number;
}

export function createReadLanes({ connect, isContended, timeoutMs }: Options): ReadLanes {
  const waiting: Pending[] = [];
  const lanes = new Set<Lane>();
  let openingCount = 0;
  let isScheduled = false;

  /** Gives each read to the lane that has the fewest, once there are enough lanes. */
  function distribute(): void {
    isScheduled = false;
    const missing = Math.min(maxLanes - lanes.size - openingCount, waiting.length - openingCount);
    for (let count = 0; count < missing; count += 1) void open();
    while (waiting.length > 0) {
      let best: Lane | undefined;
      for (const lane of lanes) if (lane.room() > (best?.room() ?? 0)) best = lane;
      if (best === undefined || (!best.isIdle() && lanes.size + openingCount < maxLanes)) break;
      const read = waiting.shift();
      if (read !== undefined) best.add(read);
    }
    for (const lane of lanes) lane.flush();
  }

  async function open(): Promise<void> {
    openingCount += 1;
    try {
      const client = await connect();
      const lane = openLane(client, {
        timeoutMs,
        isContended: () => isContended(openingCount),
        next: () => waiting.shift(),
        onClose,
      });
      lanes.add(lane);
      function onClose() {
        lanes.delete(lane);
        if (waiting.length > 0) schedule();
      }
    } catch (error) {
      if (lanes.size === 0) for (const { reject } of waiting.splice(0)) reject(error as Error);
    } finally {
      openingCount -= 1;
    }
    distribute();
  }

  /** The requests that this turn of the event loop has read are sent together. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(distribute);
  }

  return {
    read: (read) =>
      new Promise((resolve, reject) => {
        waiting.push({ ...read, rows: [], error: null, resolve, reject });
        schedule();
      }),
  };
}

const [dataRow, errorResponse, readyForQuery] = [0x44, 0x45, 0x5a];

interface LaneOptions extends Pick<Options, 'timeoutMs'> {
  isContended(): boolean;
  next(): Pending | undefined;
  onClose(): void;
}

function openLane(client: PoolClient, { isContended, timeoutMs, next, onClose }: LaneOptions): Lane {
  const { connection } = client;
  const closesAt = performance.now() + maxOpenMs;
  const sent: Pending[] = [];
  let toSend: Buffer[] = [];
  let isClosed = false;
  let hasSent = false;
  const timer = setTimeout(() => close(new Error('Query read timeout')), timeoutMs);
  const onEnd = () => close(sent[0]?.error ?? new Error('Connection terminated unexpectedly'));

  function close(error?: Error): void {
    if (isClosed) return;
    isClosed = true;
    clearTimeout(timer);
    client.off('end', onEnd);
    setReceiver(connection, null);
    if (error !== undefined) connection.stream.destroy();
    client.release(error);
    for (const { reject } of sent.splice(0)) reject(error ?? new Error('Connection terminated'));
    onClose();
  }

  const isOver = () => isContended() || performance.now() > closesAt;
  const isParsed = ({ name }: PreparedRead) => parsedStatementsOf(connection)[name] !== undefined;
  const room = () => (isClosed || (hasSent && isOver()) ? 0 : maxDepth - sent.length);
  const lane: Lane = {
    room,
    isIdle: () => sent.length === 0,
    add(read) {
      sent.push(read);
      toSend.push(encodeRead(read, isParsed(read)));
      parsedStatementsOf(connection)[read.name] = read.text;
    },
    flush() {
      if (toSend.length > 0) connection.stream.write(toSend.length === 1 ? toSend[0] : Buffer.concat(toSend));
      toSend = [];
      hasSent = true;
      if (sent.length === 0) close();
    },
  };

  function settle(): void {
    const read = sent.shift();
    if (read?.error) {
      delete parsedStatementsOf(connection)[read.name];
      recordFailure(read.error);
      read.reject(read.error);
    } else read?.resolve(read.rows);
  }

  const receive = createMessageReader({
    onMessage(data, at, end) {
      const type = data[at];
      if (type === dataRow) sent[0]?.rows.push(fieldsOf(data, at + headBytes));
      else if (type === errorResponse && sent[0]) sent[0].error = toError(data, at, end);
      else if (type === readyForQuery) settle();
    },
    onEnd() {
      timer.refresh();
      for (let free = room(); free > 0; free -= 1) {
        const read = next();
        if (read === undefined) break;
        lane.add(read);
      }
      lane.flush();
    },
  });
  client.once('end', onEnd);
  setReceiver(connection, receive);
  return lane;
}

/** The driver's record of what is prepared on a connection, by name. */
function parsedStatementsOf(connection: pg.Connection): Record<string, string | undefined> {
  return Reflect.get(connection, 'parsedStatements');
}

function toError(data: Buffer, at: number, end: number): Error {
  const fields = errorFieldsOf(data, at + headBytes);
  const error = new pg.DatabaseError(fields.get('M') ?? 'the statement failed', end - at, 'error');
  return Object.assign(error, { code: fields.get('C'), severity: fields.get('S'), detail: fields.get('D') });
}
