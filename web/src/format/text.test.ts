import { describe, expect, test } from 'vitest';
import { choose, completes, decode, escapeOf, portable, safe, type Charset } from './text';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0)); // a character is a byte

describe('decode', () => {
  const cases: [name: string, charset: Charset, bytes: string, text: string, tail: string][] = [
    ['ASCII', 'utf-8', 'ok', 'ok', ''],
    ['a character that is cut at the end', 'utf-8', 'a\xe6\xb8', 'a', '\xe6\xb8'],
    ['bytes that begin no character', 'utf-8', '\xc5\xcd', '\\xc5', '\xcd'],
    ['a surrogate in UTF-8', 'utf-8', '\xed\xa0\x80', '\\xed\\xa0\\x80', ''],
    ['GBK', 'gbk', '\xce\xc2\xb6\xc8', '温度', ''],
    ['GBK that is cut', 'gbk', '\xce\xc2\xb6', '温', '\xb6'],
    ['four bytes of GB18030 are no GBK', 'gbk', '\x81\x30\x81\x30', '\\x810\\x810', ''],
    ['four bytes in GB18030', 'gb18030', '\x81\x30\x84\x36', '¥', ''],
    ['controls above ASCII', 'latin-1', 'a\x85\xe9', 'a\\x85é', ''],
  ];
  test.each(cases)('%s', (_, charset, given, text, tail) => {
    const got = decode(bytes(given), charset);
    const shown = Array.from(got.text, (c) => escapeOf(c) || c).join('');
    expect(shown).toBe(text);
    expect(got.tail).toEqual(bytes(tail));
  });

  test('no byte becomes U+FFFD or is lost', () => {
    for (const charset of ['utf-8', 'gbk', 'gb18030', 'big5', 'shift_jis', 'latin-1'] as const) {
      for (let first = 0; first < 256; first++) {
        const { text, tail } = decode(Uint8Array.of(first, 0x41), charset);
        expect(text).not.toContain('\uFFFD');
        expect(text.length + tail.length, `${charset} ${first}`).toBeGreaterThan(0);
      }
    }
  });
});

test('a character is carried on only if the next bytes complete it', () => {
  expect(completes(bytes('\xe6\xb8'), bytes('\xa9x'), 'utf-8')).toBe(true);
  expect(completes(bytes('\xe6\xb8'), bytes('x'), 'utf-8')).toBe(false);
  expect(completes(bytes('\xce'), bytes('\xc2'), 'gbk')).toBe(true);
  expect(completes(bytes(''), bytes('a'), 'utf-8')).toBe(false);
});

describe('auto', () => {
  const cases: [name: string, before: Charset | undefined, bytes: string, after: Charset | undefined][] = [
    ['ASCII chooses nothing', undefined, 'ok', undefined],
    ['UTF-8', undefined, '\xe6\xb8\xa9', 'utf-8'],
    ['two bytes of UTF-8', undefined, '\xc3\xa9', 'utf-8'],
    ['GBK', undefined, 'x\xce\xc2\xb6\xc8', 'gbk'],
    ['what is neither changes nothing', 'gbk', '\xff\xce\xc2', 'gbk'],
    ['GBK stays at what may be both', 'gbk', '\xc2\xa9', 'gbk'],
    ['GBK goes back at three bytes of UTF-8', 'gbk', '\xe6\xb8\xa9', 'utf-8'],
    ['UTF-8 goes to GBK', 'utf-8', '\xce\xc2', 'gbk'],
    ['a lone first byte of GBK', undefined, '\xce', undefined],
  ];
  test.each(cases)('%s', (_, before, given, after) => expect(choose(before, bytes(given))).toBe(after));
});

test('what cannot be seen is an escape', () => {
  expect(safe('a\u202eb')).toBe('a\\u{202e}b');
  expect(safe('\u001b[2J')).toBe('\\x1b[2J');
  expect(portable('a\udcc5')).toBe('a\\xc5');
});
