/**
 * Styles stand in attributes, because some clients drop `<style>`. It only has the dark colours, which a client without
 * it does not need. The class names are short, since a mail of more than 102 kB is cut by some clients.
 */
const light = {
  page: '#f1f3f6',
  card: '#ffffff',
  line: '#dfe3e8',
  text: '#1b1f24',
  soft: '#4b5563',
  accent: '#1d4ed8',
  alert: '#b42318',
  notice: '#fff4e0',
};
const dark: typeof light = {
  page: '#121418',
  card: '#1d2026',
  line: '#3a404a',
  text: '#e8eaed',
  soft: '#b3bac4',
  accent: '#8fb2ff',
  alert: '#ff9a90',
  notice: '#3a2f1a',
};

type Colour = keyof typeof light;

const properties = { b: 'background-color', c: 'color', l: 'border-color' } as const;

/** A class and the light colour, of the background (b), the text (c) or the border (l). */
const paint = (property: keyof typeof properties, colour: Colour) => ({
  className: `${property}-${colour}`,
  css: `${properties[property]}:${light[colour]}`,
});

/** The attributes `class` and `style` of an element. */
export function look(css: string, ...paints: readonly { className: string; css: string }[]): string {
  const classes = paints.map(({ className }) => className).join(' ');
  const style = [css, ...paints.map((one) => one.css)].filter((part) => part !== '').join(';');
  return `${classes === '' ? '' : `class="${classes}" `}style="${style}"`;
}

/** A class that the sheet has rules for. */
export const named = (className: string) => ({ className, css: '' });
export const background = (colour: Colour) => paint('b', colour);
export const ink = (colour: Colour) => paint('c', colour);
export const border = (colour: Colour) => paint('l', colour);

const darkRules = Object.entries(properties).flatMap(([key, property]) =>
  Object.entries(dark).map(([colour, value]) => `.${key}-${colour}{${property}:${value}!important}`),
);

export const styleSheet = [
  ':root{color-scheme:light dark;supported-color-schemes:light dark}',
  `@media (prefers-color-scheme:dark){${darkRules.join('')}.button{color:#14161a!important}}`,
  '@media (max-width:480px){.card{padding:24px 20px!important}}',
].join('\n');

export const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
export const wrap = 'overflow-wrap:anywhere;word-break:break-word';
