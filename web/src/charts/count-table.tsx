import type { ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.tsx';

interface CountTableProps {
  caption: string;
  head: readonly string[];
  /** What it is about, and its numbers. */
  rows: readonly (readonly [ReactNode, ...number[]])[];
}

/** The numbers of a chart, for those who would rather read. */
export function CountTable({ caption, head, rows }: CountTableProps) {
  const { t } = useI18n();
  return (
    <details className="chart-table">
      <summary>{t('charts.table')}</summary>
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...numbers]) => (
            <tr key={String(name)}>
              <th scope="row">{name}</th>
              {numbers.map((number, index) => (
                <td key={head[index + 1]}>{number}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
