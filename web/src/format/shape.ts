// Histograms and x–y charts as shapes in a box, for the page and for files.

import type { Histogram, XYSeries } from '../api-types';
import { value } from './chart';

/** Where a shape lies in a drawing, and what a press on it means. */
export interface Mark {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Of the list that it was drawn of. */
  series: number;
  title: string;
  /** The event to jump to; 0 if there is none. */
  seq: number;
}

export interface Tick {
  at: number;
  text: string;
}

export interface Drawing {
  marks: Mark[];
  across: Tick[];
  up: Tick[];
}

export const box = { left: 64, top: 8, right: 8, bottom: 24 } as const;

const parts = [0, 0.25, 0.5, 0.75, 1];
const empty: Drawing = { marks: [], across: [], up: [] };

/** A number's place between two others in a span of pixels. */
const scale = (low: number, high: number, from: number, to: number) => (n: number) => from + ((to - from) * (n - low)) / (high - low || 1);

function ticks(low: number, high: number, place: (n: number) => number): Tick[] {
  return parts.map((part) => low + (high - low) * part).map((n) => ({ at: place(n), text: value(n) }));
}

/** Histograms over each other: bars from the bottom up, all on one scale. */
export function histogramDrawing(list: readonly Histogram[], width: number, height: number): Drawing {
  const some = list.filter((h) => h.counts.length > 0);
  if (some.length === 0) return empty;
  const low = Math.min(...some.map((h) => h.low));
  const high = Math.max(...some.map((h) => h.low + h.width * h.counts.length));
  const most = Math.max(...some.map((h) => Math.max(...h.counts)));
  const x = scale(low, high, box.left, width - box.right);
  const y = scale(0, most, height - box.bottom, box.top);
  const marks = list.flatMap((h, series) =>
    h.counts.flatMap((n, i): Mark[] => {
      if (n === 0) return [];
      const from = h.low + h.width * i;
      return [{ x: x(from), y: y(n), width: Math.max(1, x(from + h.width) - x(from) - 0.5), height: y(0) - y(n), series, title: `${value(from)} – ${value(from + h.width)}: ${n}`, seq: 0 }];
    }),
  );
  return { marks, across: ticks(low, high, x), up: ticks(0, most, y) };
}

/** One value over another: a dot for each cell, larger where there are many pairs. */
export function xyDrawing(list: readonly XYSeries[], width: number, height: number): Drawing {
  const xs = list.flatMap((s) => s.x);
  const ys = list.flatMap((s) => s.y);
  if (xs.length === 0) return empty;
  const bounds = (all: readonly number[]) => [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))] as const;
  const [left, right] = bounds(xs);
  const [bottom, top] = bounds(ys);
  const x = scale(left, right, box.left + 4, width - box.right - 4);
  const y = scale(bottom, top, height - box.bottom - 4, box.top + 4);
  const most = list.flatMap((s) => s.n).reduce((a, b) => Math.max(a, b), 1);
  const marks = list.flatMap((s, series) =>
    s.x.map((at, i): Mark => {
      const size = 3 + Math.round((2 * Math.log(s.n[i]!)) / (Math.log(most) || 1));
      return { x: x(at) - size / 2, y: y(s.y[i]!) - size / 2, width: size, height: size, series, title: `${value(at)}, ${value(s.y[i])}${s.n[i]! > 1 ? ` (${s.n[i]})` : ''}`, seq: s.seq[i]! };
    }),
  );
  return { marks, across: ticks(left, right, x), up: ticks(bottom, top, y) };
}
