import { expect, test } from 'vitest';
import type { Series } from '../api-types';
import { nearest, plotted, value } from './chart';

const temp: Series = { name: 'temp', direction: 'received', count: 4, columns: [0, 2], seq: [5, 9], first: [1, 4], last: [2, 3], min: [1, 3], max: [2, 90] };

test('columns without values are empty', () => {
  const { x, y } = plotted([temp], 1000, 4000, 3);
  expect(x).toEqual([1, 2, 3]);
  expect(y).toEqual([[2, null, 3], [1, null, 3], [2, null, 90]]);
});

test('the nearest event of a column', () => {
  expect([0, 1, 2, 7].map((c) => nearest(temp, c))).toEqual([5, 5, 9, 9]);
  expect(nearest({ ...temp, columns: [], seq: [] }, 1)).toBe(0);
});

test('numbers have five digits', () => {
  expect([23.5, 1 / 3, 0, 12345678, 0.00001234, undefined, Infinity].map(value)).toEqual(['23.5', '0.33333', '0', '1.235e+7', '1.234e-5', '–', '–']);
});
