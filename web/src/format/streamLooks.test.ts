import { expect, test } from 'vitest';
import { looksLikeGBK, looksLikeJSONLines } from './streamLooks';

const bytes = (text: string) => new TextEncoder().encode(text);
const gbk = Uint8Array.of(0xce, 0xc2, 0xb6, 0xc8, 0x3a, 0x32, 0x31); // 温度:21

test('GBK is known where nothing is UTF-8', () => {
  expect(looksLikeGBK([bytes('ok'), gbk], 'utf-8')).toBe(true);
  expect(looksLikeGBK([gbk], 'gbk')).toBe(false);
  expect(looksLikeGBK([bytes('温度'), gbk], 'utf-8')).toBe(false);
  expect(looksLikeGBK([bytes('plain')], 'utf-8')).toBe(false);
});

test('lines of JSON are known in whatever chunks they come', () => {
  expect(looksLikeJSONLines([bytes('{"t":2'), bytes('1}\n{"t":22}\n{"t"')])).toBe(true);
  expect(looksLikeJSONLines([bytes('{"t":21}\n')])).toBe(false);
  expect(looksLikeJSONLines([bytes('{"t":21}\nhello\n{"t":1}\n')])).toBe(false);
  expect(looksLikeJSONLines([bytes('1\n2\n3\n')])).toBe(false);
});
