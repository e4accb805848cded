// Draws the app's icon: a check mark whose long arm leaves the square it stands in. SVG for browsers, and PNG, drawn
// from the same two lines, for home screens.
import { crc32, deflateSync } from 'node:zlib';

/** On a square of 100 by 100. */
const check = {
  points: [
    [27, 53],
    [43, 69],
    [75, 33],
  ],
  width: 11,
};
const radius = 24;
const background = [11, 93, 81];
const foreground = [255, 255, 255];
const hex = (color) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

const svg = () =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">` +
  `<rect width="100" height="100" rx="${radius}" fill="${hex(background)}"/>` +
  `<path d="M${check.points.map((point) => point.join(' ')).join('L')}" fill="none" stroke="${hex(foreground)}" ` +
  `stroke-width="${check.width}" stroke-linecap="round" stroke-linejoin="round"/></svg>\n`;

/** Names with contents. */
export const iconFiles = () => [
  ['icon.svg', svg()],
  ['icon-192.png', png(192, { corner: radius, scale: 1 })],
  ['icon-512.png', png(512, { corner: radius, scale: 1 })],
  // Systems cut their own shape out of these two.
  ['maskable-512.png', png(512, { corner: 0, scale: 0.8 })],
  ['apple-touch-icon.png', png(180, { corner: 0, scale: 0.9 })],
];

function png(size, { corner, scale }) {
  const unit = 100 / size;
  const row = size * 4 + 1;
  const pixels = Buffer.alloc(row * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [px, py] = [(x + 0.5) * unit, (y + 0.5) * unit];
      const [cx, cy] = [(px - 50) / scale + 50, (py - 50) / scale + 50];
      const mark = cover((check.width / 2 - distanceToCheck(cx, cy)) * scale, unit);
      const color = background.map((part, i) => Math.round(part + (foreground[i] - part) * mark));
      const alpha = Math.round(255 * cover(-distanceToSquare(px, py, corner), unit));
      pixels.set([...color, alpha], y * row + 1 + x * 4);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const data = deflateSync(pixels, { level: 9 });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** How much of a pixel is inside, by the distance of its centre to the edge. */
const cover = (inside, unit) => Math.min(1, Math.max(0, inside / unit + 0.5));

function distanceToCheck(x, y) {
  const [a, b, c] = check.points;
  return Math.min(distanceToLine(x, y, a, b), distanceToLine(x, y, b, c));
}

function distanceToLine(x, y, [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** Negative inside. */
function distanceToSquare(x, y, corner) {
  const [qx, qy] = [Math.abs(x - 50) - 50 + corner, Math.abs(y - 50) - 50 + corner];
  return Math.hypot(Math.max(qx, 0), Math.max(qy, 0)) + Math.min(Math.max(qx, qy), 0) - corner;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check32 = Buffer.alloc(4);
  check32.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check32]);
}
