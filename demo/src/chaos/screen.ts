import type { KillKind } from './killer.ts';

export interface Figures {
  elapsedSeconds: number;
  seconds: number;
  isDown: boolean;
  acknowledged: { writers: number; phones: number };
  repeated: number;
  lostMessages: number;
  pending: number;
  kills: Readonly<Record<KillKind, number>>;
  slowestReturnMs: number;
  lost: number;
  doubled: number;
}

export interface Screen {
  show(figures: Figures): void;
  /** A line that stays: above the figures on a terminal. */
  note(line: string): void;
  /** Leaves the figures as they are, and the cursor below them. */
  close(): void;
}

const number = new Intl.NumberFormat('en');
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** @returns rows of a name and its value */
function rowsOf(figures: Figures): [name: string, value: string][] {
  const { acknowledged, kills } = figures;
  const bar = Math.min(20, Math.round((figures.elapsedSeconds / figures.seconds) * 20));
  return [
    [
      'time',
      `${'█'.repeat(bar)}${'░'.repeat(20 - bar)} ${Math.floor(figures.elapsedSeconds)} of ${figures.seconds} s`,
    ],
    ['server', figures.isDown ? 'killed, and coming back' : 'up'],
    [
      'kill -9',
      `server ${kills.server} · database ${kills.database} · both ${kills.both} · back after ${seconds(figures.slowestReturnMs)} at most`,
    ],
    ['messages', `${number.format(figures.lostMessages)} lost by the phones' network`],
    ['requests', `${number.format(figures.repeated)} sent again by the writers`],
    ['waiting', `${number.format(figures.pending)} writes on the phones`],
    [
      'acknowledged',
      `${number.format(acknowledged.writers + acknowledged.phones)} (writers ${number.format(acknowledged.writers)}, phones ${number.format(acknowledged.phones)})`,
    ],
    ['lost', number.format(figures.lost)],
    ['doubled', number.format(figures.doubled)],
  ];
}

const nameWidth = 14;
/** Between two lines of plain output. */
const plainEveryMs = 5_000;

/** Figures that are drawn over themselves on a terminal; elsewhere a line every five seconds. */
export const createScreen = (output: NodeJS.WriteStream): Screen =>
  output.isTTY ? terminalScreen(output) : plainScreen(output);

function plainScreen(output: NodeJS.WriteStream): Screen {
  let [shownAt, last]: [number, string] = [Number.NEGATIVE_INFINITY, ''];
  let newest: Figures | undefined;
  const write = (figures: Figures) => {
    const { elapsedSeconds, acknowledged, lost, doubled } = figures;
    const line = `${Math.floor(elapsedSeconds)} s: ${acknowledged.writers + acknowledged.phones} acknowledged, ${lost} lost, ${doubled} doubled`;
    if (line !== last) output.write(`${line}\n`);
    last = line;
  };
  return {
    show(figures) {
      newest = figures;
      if (performance.now() - shownAt < plainEveryMs) return;
      shownAt = performance.now();
      write(figures);
    },
    note: (line) => void output.write(`${line}\n`),
    close() {
      if (newest !== undefined) write(newest);
    },
  };
}

const control = '\u001b[';
const [bold, red, green, plain] = ['1m', '31;1m', '32;1m', '0m'].map((code) => control + code);

function terminalScreen(output: NodeJS.WriteStream): Screen {
  /** How many lines the figures take now. */
  let height = 0;
  output.write(`${control}?25l`);
  const erase = () => {
    if (height > 0) output.write(`${control}${height}A`);
    output.write(`${control}0J`);
    height = 0;
  };
  let newest: Figures | undefined;
  const draw = (figures: Figures) => {
    const width = Math.max(1, output.columns - nameWidth - 3);
    const lines = rowsOf(figures).map(([name, value]) => {
      const text = value.slice(0, width);
      const isVerdict = name === 'lost' || name === 'doubled';
      const color = isVerdict ? (value === '0' ? green : red) : name === 'acknowledged' ? bold : '';
      return `  ${name.padEnd(nameWidth)}${color}${text}${plain}`;
    });
    output.write(`${lines.join('\n')}\n`);
    height = lines.length;
  };
  const redraw = (work: () => void) => {
    erase();
    work();
    if (newest !== undefined) draw(newest);
  };
  return {
    show(figures) {
      newest = figures;
      redraw(() => undefined);
    },
    note: (line) => redraw(() => void output.write(`${line}\n`)),
    close: () => void output.write(`${control}?25h`),
  };
}
