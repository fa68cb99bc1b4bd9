import { expect, test } from 'vitest';
import { inOneLine } from './oneLine';

const utf8 = (text: string) => new TextEncoder().encode(text);

test('text is one line', () => {
  expect(inOneLine(utf8('t=1\r\nh=2\r\n'), 'utf-8')).toBe('t=1 h=2');
  expect(inOneLine(utf8('温度 25'), 'auto')).toBe('温度 25');
  expect(inOneLine(Uint8Array.of(0xce, 0xc2, 0xb6, 0xc8), 'auto')).toBe('温度');
});

test('what is no text is hex, and not all of it', () => {
  expect(inOneLine(Uint8Array.of(1, 3, 0, 0xff), 'utf-8')).toBe('01 03 00 ff');
  expect(inOneLine(new Uint8Array(25), 'utf-8')).toMatch(/^00( 00){23} …$/);
  expect(inOneLine(Uint8Array.of(0x41, 0xff, 0xff), 'utf-8')).toBe('41 ff ff');
});
