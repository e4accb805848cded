/** A chart of lines with a logarithmic vertical axis, each with its name at its right end. */

import {
  formatNumber,
  frame,
  line,
  logAxis,
  logScale,
  marker,
  path,
  type Scale,
  type Shape,
  spread,
  text,
} from './svg.ts';

export interface Series {
  label: string;
  shape: Shape;
  classes: string;
  points: { x: number; y: number }[];
}

interface LineChart {
  title: string;
  description: string;
  xLabel: string;
  yLabel: string;
  xTicks: { at: number; label: string }[];
  makeXScale(range: [number, number]): Scale;
  series: Series[];
  /** Where a horizontal line is. */
  target?: number;
}

const [width, height] = [440, 330];
const [left, right, top, bottom] = [58, 352, 62, 268];

export function drawLines(chart: LineChart): string {
  const { title, description, xLabel, yLabel, xTicks, series, target } = chart;
  const xScale = chart.makeXScale([left, right]);
  const values = series.flatMap(({ points }) => points.map(({ y }) => y));
  const { domain, ticks: yTicks } = logAxis([...values, ...(target === undefined ? [] : [target])]);
  const yScale = logScale(domain, [bottom, top]);
  const grid = [
    ...yTicks.flatMap((tick) => [
      line(left, yScale(tick), right, yScale(tick), 'grid'),
      text(left - 8, yScale(tick) + 4.5, formatNumber(tick), { anchor: 'end', classes: 'muted' }),
    ]),
    ...xTicks.flatMap(({ at, label }) => [
      line(xScale(at), bottom, xScale(at), bottom + 4, 'axis'),
      text(xScale(at), bottom + 20, label, { anchor: 'middle', classes: 'muted' }),
    ]),
  ];
  const targetLine =
    target === undefined ? [] : [line(left, yScale(target), right, yScale(target), 'target')];
  return frame({ width, height, title, description }, [
    text(16, 47, yLabel, { classes: 'muted' }),
    line(left, bottom, right, bottom, 'axis'),
    ...grid,
    ...targetLine,
    ...series.flatMap((one) => drawSeries(one, xScale, yScale)),
    ...drawLabels(series, yScale),
    text((left + right) / 2, bottom + 44, xLabel, { anchor: 'middle', classes: 'muted' }),
  ]);
}

function drawSeries({ shape, classes, points }: Series, xScale: Scale, yScale: Scale): string[] {
  const places = points.map(({ x, y }) => [xScale(x), yScale(y)] as const);
  return [path(places, `${classes} line`), ...places.map(([x, y]) => marker(shape, x, y, classes))];
}

function drawLabels(series: readonly Series[], yScale: Scale): string[] {
  const ends = series.map(({ points }) => yScale(points.at(-1)?.y ?? 1));
  const placed = spread(ends, 16);
  return series.map(({ label, classes }, index) =>
    text(right + 12, (placed[index] ?? 0) + 4.5, label, { classes: `strong ${classes}` }),
  );
}
