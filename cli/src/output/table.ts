import { columns, cut, padTo, type Style, styled, widthOf } from './terminal.ts';

export interface Cell {
  text: string;
  style?: Style | null;
}

interface Column {
  /** Numbers stand at the right. */
  isNumber?: boolean;
  /** Gets what the others leave, and is cut. */
  isFlexible?: boolean;
  /** Is left out where the terminal is narrower. */
  fromWidth?: number;
}

const gap = 2;
const smallestFlexible = 12;

/** Rows as lines that fit into the width of the terminal. Columns that are empty in all rows are left out. */
export function tableOf(layout: readonly Column[], rows: readonly Cell[][]): string[] {
  const width = columns();
  const used = layout
    .map((column, index) => ({ ...column, index }))
    .filter(({ index, fromWidth = 0 }) => width >= fromWidth && rows.some((row) => row[index]?.text !== ''));
  const widths = used.map(({ index }) => Math.max(...rows.map((row) => widthOf(row[index]?.text ?? ''))));
  const total = widths.reduce((sum, one) => sum + one, gap * (used.length - 1));
  const flexible = used.findIndex(({ isFlexible }) => isFlexible);
  if (total > width && flexible >= 0)
    widths[flexible] = Math.max(smallestFlexible, (widths[flexible] ?? 0) - (total - width));
  return rows.map((row) => {
    const cells = used.map(({ index, isNumber }, place) => {
      const { text, style = null } = row[index] ?? { text: '' };
      const size = widths[place] ?? 0;
      const fitted = cut(text, size);
      const isLast = place === used.length - 1;
      const padding = ' '.repeat(Math.max(0, size - widthOf(fitted)));
      if (isNumber) return padding + styled(style, fitted);
      return styled(style, fitted) + (isLast ? '' : padding);
    });
    return cells.join(' '.repeat(gap)).trimEnd();
  });
}

/** `name  value` in two columns. */
export const fieldsOf = (fields: [name: string, value: string][]): string[] => {
  const width = Math.max(0, ...fields.map(([name]) => widthOf(name)));
  return fields.map(([name, value]) => `  ${styled('dim', padTo(name, width))}  ${value}`);
};
