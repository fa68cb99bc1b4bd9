import { expect, test } from 'vitest';
import { placed, put } from './grid';

const where = (list: ReturnType<typeof placed>) => list.map((w) => `${w.column},${w.row} ${w.width}x${w.height}`);
const value = { kind: 'value', field: 'x' } as const;

test('widgets without a place go to the first that is free', () => {
  expect(where(placed([value, value, value, value, value]))).toEqual(['1,1 3x2', '4,1 3x2', '7,1 3x2', '10,1 3x2', '1,3 3x2']);
  expect(where(placed([{ ...value, column: 2, row: 1, width: 4 }, value]))).toEqual(['2,1 4x2', '6,1 3x2']);
});

test('widgets that lie over others go down, and none leaves the grid', () => {
  expect(where(placed([{ ...value, column: 1, row: 1 }, { ...value, column: 2, row: 2 }]))).toEqual(['1,1 3x2', '2,3 3x2']);
  expect(where(placed([{ ...value, column: 12, row: 1, width: 99, height: 99 }]))).toEqual(['1,1 12x12']);
});

test('what is in the way of a moved widget goes down', () => {
  const list = placed([value, value]);
  expect(where(put(list, 1, { column: 2 }))).toEqual(['1,3 3x2', '2,1 3x2']);
  expect(where(put(list, 0, { width: 5 }))).toEqual(['1,1 5x2', '4,3 3x2']);
  expect(where(put(list, 0, { column: 99, row: -5 }))).toEqual(['10,1 3x2', '4,1 3x2']);
  expect(where(put(list, 1, { width: 99 }))).toEqual(['1,1 3x2', '4,1 9x2']);
});
