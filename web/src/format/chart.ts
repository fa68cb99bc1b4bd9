// A chart's data: columns of equal time, as the core gives them, for the canvas and as SVG.

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

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** What a series is called in a picture, and its colour. */
export interface Label {
  name: string;
  colour: string;
}

/** A picture of its own, with axes and names, for documents. */
export function svgOf(list: readonly Series[], labels: readonly Label[], from: number, to: number, columns: number): string {
  const width = 960;
  const height = 420;
  const box = { left: 70, top: 20, right: width - 20, bottom: height - 60 };
  const least = Math.min(...list.flatMap((s) => s.min));
  const most = Math.max(...list.flatMap((s) => s.max));
  const span = most - least || 1;
  const x = (column: number) => box.left + ((box.right - box.left) * column) / Math.max(1, columns - 1);
  const y = (n: number) => box.bottom - ((box.bottom - box.top) * (n - least)) / span;
  const lines = list.map((s, i) => {
    // each column goes down to its least and up to its most, so that no spike is lost
    const points = s.columns.flatMap((c, k) => [s.first[k]!, s.min[k]!, s.max[k]!, s.last[k]!].map((n) => `${x(c).toFixed(1)},${y(n).toFixed(1)}`));
    return `<polyline fill="none" stroke="${escaped(labels[i]!.colour)}" stroke-width="1.2" points="${points.join(' ')}"/>`;
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const n = least + span * part;
    return `<line x1="${box.left}" x2="${box.right}" y1="${y(n).toFixed(1)}" y2="${y(n).toFixed(1)}" stroke="#dddddd"/><text x="${box.left - 6}" y="${(y(n) + 4).toFixed(1)}" text-anchor="end">${value(n)}</text>`;
  });
  const times = [0, 0.5, 1].map((part) => `<text x="${(box.left + (box.right - box.left) * part).toFixed(1)}" y="${box.bottom + 18}" text-anchor="${part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}">${escaped(new Date(from + (to - from) * part).toISOString())}</text>`);
  const names = labels.slice(0, 8).map((l, i) => `<text x="${box.left + 110 * i}" y="${height - 14}" fill="${escaped(l.colour)}">${escaped(l.name)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11"><rect width="${width}" height="${height}" fill="#ffffff"/>${marks.join('')}${lines.join('')}${times.join('')}${names.join('')}</svg>\n`;
}
