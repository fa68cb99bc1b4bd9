import { expect, test } from 'vitest';
import { looksLikeHex, looksLikeText } from './looks';

test('pairs of hex digits look like hex', () => {
  const hex = ['01 03 00 00 00 0A', '0x01,0x03', '01-03-ff', 'aa:55:01', '0x0103', '0103000000ac5d', '01h 03h'];
  const text = ['hello', 'be ad', '12', 'AT+GMR', '\\x01\\x03', '2026', '12345678', 'deadbeef', 'ab cd 1', '', '{"a":1}'];
  expect(hex.map(looksLikeHex)).toEqual(hex.map(() => true));
  expect(text.map(looksLikeHex)).toEqual(text.map(() => false));
});

test('other letters look like text', () => {
  expect(['hello', 'AT+GMR', '你好'].map(looksLikeText)).toEqual([true, true, true]);
  expect(['01 03', '0x01', '01 // read', '{{crc16modbus}} 01', 'be ad'].map(looksLikeText)).toEqual([false, false, false, false, false]);
});
