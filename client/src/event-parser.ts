/** One event of a stream (WHATWG HTML, "server-sent events"). */
export interface StreamMessage {
  event: string;
  data: string;
  /** The id of this event, or else of the last one that had an id; null: none had. */
  id: string | null;
}

export interface EventParser {
  /** The events that are complete with this text. */
  push(text: string): StreamMessage[];
  /** The pause before a reconnect that the server last sent as `retry`; null: it sent none. */
  retryMs(): number | null;
}

/** Reads text in pieces that may end anywhere, also between the two characters of a line's end. */
export function createEventParser(): EventParser {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let id: string | null = null;
  let retryMs: number | null = null;

  function readLine(line: string): StreamMessage | null {
    if (line === '') {
      const message = data.length > 0 ? { event: event || 'message', data: data.join('\n'), id } : null;
      event = '';
      data = [];
      return message;
    }
    const colon = line.indexOf(':');
    const [field, value] =
      colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
    return null;
  }

  return {
    push(text) {
      // A carriage return at the end may be half of a line's end.
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      return lines.map(readLine).filter((message) => message !== null);
    },
    retryMs: () => retryMs,
  };
}
