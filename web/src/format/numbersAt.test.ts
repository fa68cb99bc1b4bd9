import { expect, test } from 'vitest';
import { numbersAt } from './numbersAt';

test('numbers in both orders', () => {
  const data = Uint8Array.of(0, 0x41, 0xbc, 0, 0, 0xff, 0xff, 0xff, 0xfe);
  const at1 = Object.fromEntries(numbersAt(data, 1).map(({ type, big, little }) => [type, [big, little]]));
  expect(at1['u16']).toEqual(['16828', '48193']);
  expect(at1['f32']![0]).toBe('23.5');
  expect(at1['i64']![0]).toBe(String(0x41bc0000fffffffen));
  expect(numbersAt(data, 8).map((n) => [n.type, n.big])).toEqual([['u8', '254'], ['i8', '-2']]);
});

test('a part of a larger buffer is read from its own beginning', () => {
  expect(numbersAt(Uint8Array.of(9, 9, 1, 2).subarray(2), 0).find((n) => n.type === 'u16')).toEqual({ type: 'u16', big: '258', little: '513' });
});

test('nothing is read before or beyond the bytes', () => {
  expect(numbersAt(Uint8Array.of(1), 1)).toEqual([]);
  expect(numbersAt(Uint8Array.of(1), -1)).toEqual([]);
});
