import { expect, test } from 'vitest';
import type { Histogram, XYSeries } from '../api-types';
import { box, histogramDrawing, xyDrawing } from './shape';

const of = { name: 'a', direction: 'received' as const };

test('a histogram has a bar for each interval with values, all from the bottom up', () => {
  const h: Histogram = { ...of, count: 5, low: 10, width: 2, counts: [1, 0, 4] };
  const d = histogramDrawing([h], 600, 200);
  expect(d.marks.map((m) => m.title)).toEqual(['10 – 12: 1', '14 – 16: 4']);
  for (const m of d.marks) expect(m.y + m.height).toBeCloseTo(200 - box.bottom);
  expect(d.marks[1]!.height).toBeCloseTo(4 * d.marks[0]!.height);
  expect(d.up.map((t) => t.text)).toEqual(['0', '1', '2', '3', '4']);
  expect(histogramDrawing([{ ...h, counts: [] }], 600, 200).marks).toEqual([]);
});

test('pairs lie where their values are, and a press on one knows its event', () => {
  const s: XYSeries = { ...of, pairs: 4, x: [0, 10], y: [5, -5], n: [1, 3], seq: [7, 9] };
  const d = xyDrawing([s], 600, 200);
  expect(d.marks.map((m) => [m.title, m.seq])).toEqual([['0, 5', 7], ['10, -5 (3)', 9]]);
  expect(d.marks[0]!.x).toBeLessThan(d.marks[1]!.x);
  expect(d.marks[0]!.y).toBeLessThan(d.marks[1]!.y); // up is less
  for (const m of d.marks) expect(m.x >= box.left && m.x + m.width <= 600 && m.y >= 0 && m.y + m.height <= 200).toBe(true);
  expect(xyDrawing([{ ...s, x: [], y: [], n: [], seq: [] }], 600, 200).marks).toEqual([]);
});
