/** Parts of the charts: scales, text, axes, markers, and the frame with the colours of both themes. */

/** Maps a value to a coordinate. */
export type Scale = (value: number) => number;

export const linearScale =
  ([from, to]: [number, number], [start, end]: [number, number]): Scale =>
  (value) =>
    start + ((value - from) / (to - from)) * (end - start);

export function logScale([from, to]: [number, number], range: [number, number]): Scale {
  const scale = linearScale([Math.log10(from), Math.log10(to)], range);
  return (value) => scale(Math.log10(value));
}

/** A logarithmic axis with a little room around all values, and ticks at round numbers. */
export function logAxis(values: readonly number[]): { domain: [number, number]; ticks: number[] } {
  const domain: [number, number] = [Math.min(...values) * 0.75, Math.max(...values) * 1.35];
  const decades = Array.from({ length: 13 }, (_, index) => 10 ** (index - 4));
  const inside = (ticks: readonly number[]) => ticks.filter((tick) => tick >= domain[0] && tick <= domain[1]);
  const powers = inside(decades);
  return {
    domain,
    ticks: powers.length > 2 ? powers : inside(decades.flatMap((at) => [at, 2 * at, 5 * at])),
  };
}

/** `1,000`, `0.1` */
export const formatNumber = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 1 ? 3 : value < 10 ? 1 : 0 });

export const round = (value: number): string => String(Math.round(value * 10) / 10);

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

interface TextOptions {
  anchor?: 'start' | 'middle' | 'end';
  /** Classes of the style below. */
  classes?: string;
}

export const text = (x: number, y: number, content: string, options: TextOptions = {}): string => {
  const { anchor = 'start', classes = '' } = options;
  const attributes = `${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${classes && ` class="${classes}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${escapeXml(content)}</text>`;
};

export const line = (x1: number, y1: number, x2: number, y2: number, classes: string): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${classes}"/>`;

export const path = (points: readonly (readonly [x: number, y: number])[], classes: string): string =>
  `<path d="M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')}" class="${classes}"/>`;

export type Shape = 'circle' | 'square' | 'triangle' | 'diamond';

const outlines: Record<Exclude<Shape, 'circle'>, (x: number, y: number) => [number, number][]> = {
  square: (x, y) => [
    [x - 5, y - 5],
    [x + 5, y - 5],
    [x + 5, y + 5],
    [x - 5, y + 5],
  ],
  triangle: (x, y) => [
    [x, y - 6.5],
    [x + 6.5, y + 5],
    [x - 6.5, y + 5],
  ],
  diamond: (x, y) => [
    [x, y - 7],
    [x + 7, y],
    [x, y + 7],
    [x - 7, y],
  ],
};

/** A point of a series. Shapes differ too, for readers who do not see the colours. */
export function marker(shape: Shape, x: number, y: number, classes: string): string {
  if (shape === 'circle') return `<circle cx="${round(x)}" cy="${round(y)}" r="5.5" class="${classes}"/>`;
  const points = outlines[shape](x, y).map(([px, py]) => `${round(px)},${round(py)}`);
  return `<polygon points="${points.join(' ')}" class="${classes}"/>`;
}

/** Moves labels apart that would overlap; they keep their order. */
export function spread(positions: readonly number[], distance: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const placed = [...positions];
  let last = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    last = Math.max(positions[index] ?? 0, last + distance);
    placed[index] = last;
  }
  return placed;
}

/** The whole file. `description` says in words what the chart shows. */
export function frame(
  {
    width,
    height,
    title,
    description,
  }: { width: number; height: number; title: string; description: string },
  content: readonly string[],
): string {
  // The image is shown larger where there is room; at 390 pixels its text is still some 11 high.
  const shownWidth = 640;
  const size = `width="${shownWidth}" height="${Math.round((height / width) * shownWidth)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${size} role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(description)}</desc>`,
    style,
    `<rect width="${width}" height="${height}" rx="8" class="surface"/>`,
    text(16, 26, title, { classes: 'title' }),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

const themes = {
  light:
    'svg{--surface:#ffffff;--ink:#1f2328;--muted:#59636e;--grid:#d8dee4;--a:#0a58ca;--b:#b3400a;--c:#6b3fb5;--d:#1a6b3c}',
  dark: 'svg{--surface:#0d1117;--ink:#e6edf3;--muted:#9aa4af;--grid:#30363d;--a:#6cb0ff;--b:#ff9b57;--c:#c7a5ff;--d:#63cf8b}',
};

const series = ['a', 'b', 'c', 'd'].map(
  (name) =>
    `.${name}{fill:var(--${name});stroke:var(--${name})}.${name}.hollow,.${name}.line{fill:none}.${name}.hollow{fill:var(--surface)}`,
);

const style = `<style>
${themes.light}
@media (prefers-color-scheme:dark){${themes.dark}}
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink);stroke:none}
.title{font-weight:600;font-size:15px}.muted{fill:var(--muted)}.strong{font-weight:600}
.surface{fill:var(--surface);stroke:var(--grid)}
.grid{stroke:var(--grid)}.axis{stroke:var(--muted)}.target{stroke:var(--muted);stroke-dasharray:4 4}
circle,polygon{stroke-width:2}.line{stroke-width:2.5;stroke-linejoin:round}.thin{stroke-width:1.5}.dashed{stroke-dasharray:2 4;stroke-linecap:round}
${series.join('\n')}
text.a,text.b,text.c,text.d{stroke:none}
</style>`;
