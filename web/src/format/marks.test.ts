import { expect, test } from 'vitest';
import type { Series } from '../api-types';
import { marked, valueAt } from './marks';

test('two markers stay, in the order of time, and a third begins anew', () => {
  expect(marked([], 5)).toEqual([5]);
  expect(marked([5], 3)).toEqual([3, 5]);
  expect(marked([3, 5], 9)).toEqual([9]);
});

test('a value holds until the next one', () => {
  const s: Series = { name: 'x', direction: 'received', count: 3, columns: [1, 4, 5], seq: [1, 2, 3], first: [10, 20, 30], last: [11, 21, 31], min: [9, 19, 29], max: [12, 22, 32] };
  expect([0, 150, 399, 400, 999].map((time) => valueAt(s, time, 0, 1000, 10))).toEqual([undefined, 11, 11, 21, 31]);
});
