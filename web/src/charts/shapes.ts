export interface Frame {
  width: number;
  height: number;
  padding: { start: number; end: number; top: number; bottom: number };
  /** How many values there are. */
  count: number;
  /** The value at the top. */
  max: number;
  ticks: readonly number[];
}

interface Point {
  x: number;
  y: number;
}

const steps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000];
const maxTicks = 4;

/** Whole numbers from 0 to the largest value or beyond. */
export function ticksOf(values: readonly number[]): Pick<Frame, 'max' | 'ticks'> {
  const highest = Math.max(1, ...values);
  const step = steps.find((one) => highest / one <= maxTicks) ?? highest;
  const count = Math.ceil(highest / step);
  return { max: count * step, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

/** The middle of the room that a value has. */
export function pointOf({ width, height, padding, count, max }: Frame, index: number, value: number): Point {
  const room = (width - padding.start - padding.end) / count;
  const full = height - padding.top - padding.bottom;
  return { x: padding.start + (index + 0.5) * room, y: padding.top + full * (1 - value / max) };
}

const largestGap = 6;
const largestRadius = 4;
/** The least that is seen, so that a day without anything is still a day. */
const emptyPx = 2;

/** A bar with round corners at its top. */
export function barOf(frame: Frame, index: number, value: number): string {
  const room = (frame.width - frame.padding.start - frame.padding.end) / frame.count;
  const width = room - Math.min(largestGap, room * 0.3);
  const { x, y } = pointOf(frame, index, value);
  const bottom = frame.height - frame.padding.bottom;
  const top = Math.min(y, bottom - emptyPx);
  const radius = Math.min(largestRadius, width / 2, bottom - top);
  const [left, right] = [x - width / 2, x + width / 2];
  return (
    `M${left} ${bottom}V${top + radius}Q${left} ${top} ${left + radius} ${top}` +
    `H${right - radius}Q${right} ${top} ${right} ${top + radius}V${bottom}Z`
  );
}

export const lineOf = (frame: Frame, values: readonly number[]): string =>
  values
    .map((value, index) => {
      const { x, y } = pointOf(frame, index, value);
      return `${index === 0 ? 'M' : 'L'}${x} ${y}`;
    })
    .join('');

export function areaOf(frame: Frame, values: readonly number[]): string {
  const bottom = frame.height - frame.padding.bottom;
  const first = pointOf(frame, 0, 0).x;
  const last = pointOf(frame, values.length - 1, 0).x;
  return `${lineOf(frame, values)}L${last} ${bottom}L${first} ${bottom}Z`;
}
