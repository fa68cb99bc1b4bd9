// A chart's data: columns of equal time, as the core gives them, for the canvas.

import type { Series } from '../api-types';

/** The data of a plot: the times of the columns in seconds, and of each series last, least and most. */
export interface Plotted {
  x: number[];
  y: (number | null)[][];
}

/** When a column begins, in milliseconds. */
export const columnTime = (from: number, to: number, columns: number, n: number): number => from + ((to - from) * n) / Math.max(1, columns);

/** Three lists for each series, in the columns from 0 up; where it has no value it has null. */
export function plotted(list: readonly Series[], from: number, to: number, columns: number): Plotted {
  const x = Array.from({ length: columns }, (_, n) => columnTime(from, to, columns, n) / 1000);
  const y = list.flatMap((s) => {
    const rows = [s.last, s.min, s.max].map(() => new Array<number | null>(columns).fill(null));
    s.columns.forEach((column, i) => [s.last, s.min, s.max].forEach((values, k) => (rows[k]![column] = values[i]!)));
    return rows;
  });
  return { x, y };
}

/** The event of a series that is nearest to a column; 0 if it has none. */
export function nearest(s: Series, column: number): number {
  let best = -1;
  s.columns.forEach((c, i) => {
    if (best < 0 || Math.abs(c - column) < Math.abs(s.columns[best]! - column)) best = i;
  });
  return best < 0 ? 0 : s.seq[best]!;
}

/** A number as a person reads it: five digits that count. */
export function value(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return '–';
  return Math.abs(n) >= 1e6 || (n !== 0 && Math.abs(n) < 1e-3) ? n.toExponential(3) : String(Number(n.toPrecision(5)));
}

/** What a series is called in a picture, and its colour. */
export interface Label {
  name: string;
  colour: string;
}
