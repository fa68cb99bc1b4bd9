import { expect, test } from 'vitest';
import { count, delta, micros, rate, size } from './numbers';
import { milliseconds } from './duration';
import { findBytes, fromBase64, hex, hexDigits, toBase64 } from './bytes';

test('counts and sizes', () => {
  expect(count(1234567)).toBe('1,234,567');
  expect([0, 999, 1000, 1234, 12_345, 123_456, 5e9].map(size)).toEqual(['0 B', '999 B', '1 kB', '1.23 kB', '12.3 kB', '123 kB', '5 GB']);
  expect(rate(1000.4)).toBe('1 kB/s');
});

test('times', () => {
  const at = '2026-01-02T03:04:05.000001500Z';
  expect(micros('2026-01-02T03:04:05.000002Z') - micros(at)).toBe(0.5);
  expect(delta('2026-01-02T03:04:05.012346500Z', at)).toBe('+12.345 ms');
  expect(delta(at, undefined)).toBe('·');
  expect(delta('2026-01-02T03:06:07.000001500Z', at)).toBe('+2 min 02 s');
  expect(milliseconds('1m1.5s')).toBe(61_500);
  expect(milliseconds(undefined)).toBe(0);
});

test('bytes', () => {
  const bytes = Uint8Array.of(0, 1, 255, 1, 255);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  expect(hex(bytes, 1, 3)).toBe('01 ff');
  expect(hexDigits(bytes)).toBe('0001ff01ff');
  expect(findBytes(bytes, Uint8Array.of(1, 255))).toEqual([1, 3]);
  expect(findBytes(Uint8Array.of(1, 1, 1), Uint8Array.of(1, 1))).toEqual([0]);
  expect(findBytes(bytes, new Uint8Array(0))).toEqual([]);
});
