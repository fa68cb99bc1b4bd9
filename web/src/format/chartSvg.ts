// A chart as a picture of its own, with axes and names, for documents.

import type { Series } from '../api-types';
import { axisOf, type Axis } from './axis';
import { value, type Label } from './chart';

/** What the picture is of, as the screen shows it. */
export interface ChartPicture {
  series: readonly Series[];
  /** One for each series. */
  labels: readonly Label[];
  /** Of each series 0 or 1: the left or the right axis. */
  sides: readonly number[];
  /** Of the left and the right axis. */
  units: readonly string[];
  logarithmic: boolean;
  /** Milliseconds. */
  from: number;
  to: number;
  columns: number;
}

const width = 960;
const plotted = { top: 24, bottom: 360, left: 70 } as const;
const few = 100; // columns of values that are points, too: one alone has no line
const nameHeight = 16;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const y = (axis: Axis, n: number): string => (plotted.bottom - (plotted.bottom - plotted.top) * axis.place(n)).toFixed(1);

/** The picture as an SVG file. */
export function chartSvg(p: ChartPicture): string {
  const two = p.sides.includes(1);
  const right = width - (two ? plotted.left : 20);
  const axes = [0, 1].map((side) => axisOf(numbersOf(p.series.filter((_, i) => (p.sides[i] ?? 0) === side)), p.logarithmic));
  const at = (column: number) => plotted.left + ((right - plotted.left) * column) / Math.max(1, p.columns - 1);
  const curves = p.series.map((s, i) => curve(s, p.labels[i]!.colour, axes[p.sides[i] ?? 0]!, at));
  const { text: names, height } = namesOf(p.labels);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11"><rect width="${width}" height="${height}" fill="#ffffff"/>` +
    `<clipPath id="plot"><rect x="${plotted.left}" y="${plotted.top - 2}" width="${right - plotted.left}" height="${plotted.bottom - plotted.top + 4}"/></clipPath>` +
    ticksOf(axes[0]!, plotted.left, right, true) +
    (two ? ticksOf(axes[1]!, right, right, false) : '') +
    unitsOf(p.units, two, right) +
    `<g clip-path="url(#plot)">${curves.join('')}</g>` +
    timesOf(p.from, p.to, right) +
    `${names}</svg>\n`
  );
}

function* numbersOf(list: readonly Series[]): Iterable<number> {
  for (const s of list) {
    yield* s.min;
    yield* s.max;
    yield* s.last; // of a column of values above and below zero it may be the only one with a logarithm
  }
}

// Each column goes down to its least and up to its most, so that no spike is lost.
function curve(s: Series, colour: string, axis: Axis, at: (column: number) => number): string {
  const points = s.columns.flatMap((c, k) => [s.first[k]!, s.min[k]!, s.max[k]!, s.last[k]!].map((n) => `${at(c).toFixed(1)},${y(axis, n)}`));
  const line = `<polyline fill="none" stroke="${escaped(colour)}" stroke-width="1.2" points="${points.join(' ')}"/>`;
  if (s.columns.length > few) return line;
  return line + s.columns.map((c, k) => `<circle cx="${at(c).toFixed(1)}" cy="${y(axis, s.last[k]!)}" r="2" fill="${escaped(colour)}"/>`).join('');
}

function ticksOf(axis: Axis, x: number, right: number, isLeft: boolean): string {
  return axis.ticks
    .map(({ n, text }) => {
      const grid = isLeft ? `<line x1="${x}" x2="${right}" y1="${y(axis, n)}" y2="${y(axis, n)}" stroke="${text ? '#dddddd' : '#f0f0f0'}"/>` : '';
      const written = text ? `<text x="${isLeft ? x - 6 : x + 6}" y="${(Number(y(axis, n)) + 4).toFixed(1)}" text-anchor="${isLeft ? 'end' : 'start'}" data-axis="${isLeft ? 'left' : 'right'}">${value(n)}</text>` : '';
      return grid + written;
    })
    .join('');
}

function unitsOf(units: readonly string[], two: boolean, right: number): string {
  const left = units[0] ? `<text x="${plotted.left - 6}" y="12" text-anchor="end">${escaped(units[0])}</text>` : '';
  return left + (two && units[1] ? `<text x="${right + 6}" y="12">${escaped(units[1])}</text>` : '');
}

function timesOf(from: number, to: number, right: number): string {
  const anchors = [[0, 'start'], [0.5, 'middle'], [1, 'end']] as const;
  return anchors.map(([part, anchor]) => `<text x="${(plotted.left + (right - plotted.left) * part).toFixed(1)}" y="${plotted.bottom + 18}" text-anchor="${anchor}">${escaped(new Date(from + (to - from) * part).toISOString())}</text>`).join('');
}

// The names stand in rows below: as many beside each other as there is room for.
function namesOf(labels: readonly Label[]): { text: string; height: number } {
  let x: number = plotted.left;
  let row = 0;
  const text = labels.map((l) => {
    const wide = 14 + 6.5 * [...l.name].reduce((sum, c) => sum + (c > '\u2e80' ? 1.8 : 1), 0);
    if (x > plotted.left && x + wide > width - 20) [x, row] = [plotted.left, row + 1];
    const written = `<text x="${x.toFixed(1)}" y="${plotted.bottom + 44 + nameHeight * row}" fill="${escaped(l.colour)}">${escaped(l.name)}</text>`;
    x += wide;
    return written;
  });
  return { text: text.join(''), height: plotted.bottom + 60 + nameHeight * row };
}
