import { expect, test } from 'vitest';
import type { Series } from '../api-types';
import { axisOf } from './axis';
import { chartSvg, type ChartPicture } from './chartSvg';

const temp: Series = { name: 'temp', direction: 'received', count: 4, columns: [0, 2], seq: [5, 9], first: [1, 4], last: [2, 3], min: [1, 3], max: [2, 90] };
const only = (...n: number[]): Series => ({ name: 'n', direction: 'received', count: n.length, columns: n.map((_, i) => i), seq: n.map((_, i) => i + 1), first: n, last: n, min: n, max: n });
const picture = (...series: Series[]): ChartPicture => ({ series, labels: series.map((s) => ({ name: s.name, colour: 'red' })), sides: series.map(() => 0), units: [], logarithmic: false, from: 0, to: 1000, columns: series[0]?.columns.length ?? 0 });

/** What is written at an axis, and how high. */
const written = (svg: string, side: 'left' | 'right') => [...svg.matchAll(new RegExp(`y="([\\d.]+)" text-anchor="\\w+" data-axis="${side}">([^<]+)<`, 'g'))].map((m) => [m[2], Number(m[1]) - 4]);
const heights = (svg: string) => [...svg.matchAll(/<circle cx="[\d.]+" cy="([-\d.]+)"/g)].map((m) => Number(m[1]));

test('a picture keeps the spikes and has no markup from names', () => {
  const svg = chartSvg({ ...picture(temp), labels: [{ name: '<script>', colour: 'hsl(1 2% 3%)' }], columns: 3 });
  expect(svg).toContain('&#60;script&#62;');
  expect(svg).not.toContain('<script');
  expect(svg).toContain('>90</text>');
  expect(svg.match(/points="([^"]*)"/)![1]!.split(' ').length).toBe(8);
});

test('a logarithmic picture has its decades at equal distances, and the curve at them', () => {
  const svg = chartSvg({ ...picture(only(1, 10, 100, 1000)), logarithmic: true });
  expect(written(svg, 'left')).toEqual([['1', 360], ['10', 248], ['100', 136], ['1000', 24]]);
  expect(heights(svg)).toEqual([360, 248, 136, 24]);
  expect(heights(chartSvg(picture(only(1, 10, 100, 1000))))).toEqual([360, 357, 326.7, 24]);
});

test('each axis has the numbers of its own series', () => {
  const svg = chartSvg({ ...picture(only(1, 1000), only(0.01, 0.1)), sides: [0, 1], units: ['V', 'A'], logarithmic: true });
  expect(written(svg, 'left').map(([text]) => text)).toEqual(['1', '10', '100', '1000']);
  expect(written(svg, 'right').filter(([text]) => text === '0.01' || text === '0.1')).toEqual([['0.01', 360], ['0.1', 24]]);
  expect(heights(svg)).toEqual([360, 24, 360, 24]);
});

test('what has no logarithm leaves a logarithmic picture at the bottom', () => {
  const svg = chartSvg({ ...picture(only(1, 0, -5, 100)), logarithmic: true });
  expect(written(svg, 'left').map(([text]) => text)).toEqual(['1', '2', '5', '10', '20', '50', '100']);
  expect(heights(svg)).toEqual([360, 696, 696, 24]);
});

test('pictures of nothing, of one value and of nothing above zero have no NaN', () => {
  for (const p of [picture(), picture(only(7)), picture(only(-1, 0))]) {
    for (const logarithmic of [false, true]) expect(chartSvg({ ...p, logarithmic })).not.toMatch(/NaN|Infinity/);
  }
  expect(written(chartSvg(picture(only(7))), 'left')).toEqual([['7', 192]]);
});

test('many names take as many rows as they need', () => {
  const list = Array.from({ length: 20 }, () => only(1, 2));
  const svg = chartSvg({ ...picture(...list), labels: list.map((_, i) => ({ name: `a long name of a series ${i}`, colour: 'red' })) });
  const rows = new Set([...svg.matchAll(/y="(\d+)" fill="red"/g)].map((m) => m[1]));
  expect(rows.size).toBeGreaterThan(2);
  expect(Number(svg.match(/height="(\d+)"/)![1])).toBeGreaterThan(Math.max(...[...rows].map(Number)));
});

test('the numbers of a logarithmic axis are few and round, however far it goes', () => {
  const texts = (...n: number[]) => axisOf(n, true).ticks.filter((t) => t.text).map((t) => t.n);
  expect(texts(0.31, 0.72)).toEqual([0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
  expect(texts(1e-9, 1e12)).toEqual([1e-9, 1e-6, 1e-3, 1, 1e3, 1e6, 1e9, 1e12]);
  expect(axisOf([5], true).place(5)).toBeCloseTo(0.5);
});
