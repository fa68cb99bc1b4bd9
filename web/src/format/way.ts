// Where the places of a way stand in its drawing.

import type { DoctorStop } from '../api-types';

export interface Place extends DoctorStop {
  x: number;
  y: number;
  width: number;
  height: number;
  /** The path of its mark: a tick, a cross or a question mark. */
  mark: string;
  /** Where the word for the broken place stands. */
  wordAt: { x: number; y: number; anchor: 'start' | 'middle' };
}

/** A line between two places; it is broken if it leads to the broken one. */
export interface Link {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  state: string;
}

export interface Drawing {
  width: number;
  height: number;
  stops: Place[];
  links: Link[];
}

const boxHeight = 50;
const gap = 18; // between two places of a row
const step = 30; // between two places of a column
const below = 32; // for the marks, and the word below them

/** Room that a text takes: a Chinese character is as wide as two letters. */
const room = (text: string, letter: number): number => [...text].reduce((n, c) => n + (c.codePointAt(0)! > 0x2e7f ? 2 : 1), 0) * letter;

const widthOf = (s: DoctorStop): number => Math.ceil(Math.max(56, room(s.label, 6.8), room(s.note ?? '', 6.7)) + 16);

/** Draws a way in so many pixels: as a row if it fits, else as a column. */
export function drawWay(way: readonly DoctorStop[], width: number): Drawing {
  const widths = way.map(widthOf);
  const row = widths.reduce((a, b) => a + b, 0) + gap * Math.max(0, way.length - 1);
  return row <= width ? inRow(way, widths, row) : inColumn(way, Math.min(width, Math.max(...widths, 160)), width);
}

function inRow(way: readonly DoctorStop[], widths: readonly number[], whole: number): Drawing {
  const stops: Place[] = [];
  let x = 1;
  way.forEach((s, n) => {
    const width = widths[n]!;
    const wordAt = { x: Math.min(Math.max(x + width / 2, 48), Math.max(48, whole - 46)), y: boxHeight + 26, anchor: 'middle' as const };
    stops.push({ ...s, x, y: 1, width, height: boxHeight, mark: markAt(s.state, x + width / 2, 1 + boxHeight), wordAt });
    x += width + gap;
  });
  const links = stops.slice(1).map((s, n) => ({ x1: stops[n]!.x + stops[n]!.width, y1: 1 + boxHeight / 2, x2: s.x, y2: 1 + boxHeight / 2, state: s.state }));
  return { width: whole + 2, height: boxHeight + below, stops, links };
}

function inColumn(way: readonly DoctorStop[], width: number, whole: number): Drawing {
  const x = Math.max(1, (whole - width) / 2);
  const stops = way.map((s, n): Place => {
    const y = 1 + n * (boxHeight + step);
    return { ...s, x, y, width: width - 2, height: boxHeight, mark: markAt(s.state, x + width / 2 - 1, y + boxHeight), wordAt: { x: x + width / 2 + 12, y: y + boxHeight + 14, anchor: 'start' } };
  });
  const links = stops.slice(1).map((s, n) => ({ x1: x + width / 2 - 1, y1: stops[n]!.y + boxHeight, x2: x + width / 2 - 1, y2: s.y, state: s.state }));
  return { width: whole, height: Math.max(0, way.length * (boxHeight + step) - step + 24), stops, links };
}

function markAt(state: string, x: number, y: number): string {
  if (state === 'ok') return `M${x - 3.5} ${y}l2.5 3 4.500-5.500`;
  if (state === 'wrong') return `M${x - 3} ${y - 3}l6 6m0-6l-6 6`;
  return `M${x - 2} ${y - 1.5}a2 2 0 1 1 2.800 1.800c-.6.300-.8.700-.8 1.400m0 2v.200`;
}
