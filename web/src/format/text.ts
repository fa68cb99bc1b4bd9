// Bytes as text in a charset, and text made visible: what leaves no mark, or
// could drive or fool the reader, is shown as an escape.

export const charsets = ['utf-8', 'gbk', 'gb18030', 'big5', 'shift_jis', 'latin-1'] as const;
export type Charset = (typeof charsets)[number];

/** What text is shown in: with "auto", each direction of each peer in UTF-8 or GBK, by what came. */
export type ViewCharset = Charset | 'auto';

const none = new Uint8Array(0);

/** What one message says. */
export interface Decoded {
  /** A byte that is of no character is a lone surrogate here, and shown as its escape. */
  text: string;
  /** The bytes at the end that begin a character. */
  tail: Uint8Array;
}

/** Decodes a message that is a part of a stream. */
export function decode(bytes: Uint8Array, charset: Charset): Decoded {
  if (charset === 'latin-1') return { text: latin1(bytes), tail: none };
  try {
    const text = fatal(charset).decode(bytes);
    if (charset === 'utf-8' || !(control.test(text) || nobodys.test(text) || (charset === 'gbk' && fourBytes(bytes)))) return { text, tail: none };
  } catch {
    if (charset === 'utf-8') return decodeUTF8(bytes);
  }
  return decodeMultibyte(bytes, charset);
}

/** Bytes that are of no character, as decode has them in its text. */
export const loose = (bytes: Uint8Array): string => Array.from(bytes, looseByte).join('');

/** What next makes of the beginning of a character: true if it is one character, whole. */
export function completes(tail: Uint8Array, next: Uint8Array, charset: Charset): boolean {
  if (tail.length === 0) return false;
  const most = (charset === 'gbk' ? 2 : 4) - tail.length;
  for (let n = 1; n <= most && n <= next.length; n++) {
    try {
      const text = fatal(charset).decode(join(tail, next.subarray(0, n)));
      return charset === 'utf-8' || !nobodys.test(text);
    } catch {
      // not yet, or never
    }
  }
  return false;
}

/**
 * The charset that a stream is shown in by its next bytes, as the core chooses it:
 * undefined as long as nothing is chosen.
 */
export function choose(before: Charset | undefined, bytes: Uint8Array): Charset | undefined {
  const longest = longestUTF8(bytes);
  if (longest > 2 || (longest === 2 && before !== 'gbk')) return 'utf-8';
  return longest < 0 && isGBK(bytes) ? 'gbk' : before;
}

/** Bytes of printable ASCII, which choose no charset; a backslash is none. */
export const isPlain = (bytes: Uint8Array): boolean => bytes.every((b) => b >= 0x20 && b <= 0x7e && b !== 0x5c);

// longestUTF8 is the size of the longest character of several bytes, 0 if there is
// none; negative if the bytes are not UTF-8. A character may be cut at their end.
function longestUTF8(bytes: Uint8Array): number {
  let longest = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = lengthUTF8(bytes, at);
    if (size === 0) return -1;
    if (size < 0) break;
    if (size > 1 && size > longest) longest = size;
    at += size;
  }
  return longest;
}

// isGBK tells whether bytes are GBK, with at least one character of two bytes. One may
// be cut at their end.
function isGBK(bytes: Uint8Array): boolean {
  let pairs = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at]! < 0x80) {
      at++;
      continue;
    }
    const char = firstOf(bytes.subarray(at, at + 4), 'gbk');
    if (char === undefined) break;
    if (char.size === 1 && char.text === looseByte(bytes[at]!)) return false;
    if (char.size === 2) pairs++;
    at += char.size;
  }
  return pairs > 0;
}

/** Two runs of bytes as one. */
export function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

// Lone surrogates stand for bytes, as in Python: no decoder gives one.
const looseByte = (b: number): string => (b < 0x80 ? String.fromCharCode(b) : String.fromCharCode(0xdc00 + b));

const fatal = (charset: Charset) => new TextDecoder(charset, { fatal: true, ignoreBOM: true });

// A C1 control is shown as the bytes that it came as; only UTF-8 has an escape for it.
const control = /[\u0080-\u009f]/;

// Browsers take pairs of bytes that a charset leaves to its users for characters of
// Unicode's private area, which nobody can read; the core takes them for no character.
const nobodys = /[\ue000-\uf8ff]/;

// Browsers take the characters of four bytes of GB18030 in GBK, too; the core does not.
function fourBytes(bytes: Uint8Array): boolean {
  const digit = (b: number | undefined) => b !== undefined && b >= 0x30 && b <= 0x39;
  return bytes.some((b, i) => b >= 0x81 && digit(bytes[i + 1]) && bytes[i + 2]! >= 0x81 && digit(bytes[i + 3]));
}

// lengthUTF8 is how many bytes the character has that begins at a place: 0 if none
// does, and if the bytes end before it, all that are left, negative.
function lengthUTF8(bytes: Uint8Array, at: number): number {
  const b = bytes[at]!;
  const size = b < 0x80 ? 1 : b < 0xc2 ? 0 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : b < 0xf5 ? 4 : 0;
  const low = b === 0xe0 ? 0xa0 : b === 0xf0 ? 0x90 : 0x80;
  const high = b === 0xed ? 0x9f : b === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < size; i++) {
    const c = bytes[at + i];
    if (c === undefined) return -i;
    if (c < (i === 1 ? low : 0x80) || c > (i === 1 ? high : 0xbf)) return 0;
  }
  return size;
}

function decodeUTF8(bytes: Uint8Array): Decoded {
  const decoder = fatal('utf-8');
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = lengthUTF8(bytes, at);
    if (size > 0) {
      at += size;
      continue;
    }
    text += decoder.decode(bytes.subarray(from, at));
    if (size < 0) return { text, tail: bytes.slice(at) };
    text += looseByte(bytes[at]!);
    from = ++at;
  }
  return { text: text + decoder.decode(bytes.subarray(from)), tail: none };
}

function decodeMultibyte(bytes: Uint8Array, charset: Charset): Decoded {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at]! < 0x80) {
      text += String.fromCharCode(bytes[at++]!);
      continue;
    }
    const char = firstOf(bytes.subarray(at, at + 4), charset);
    if (char === undefined) return { text, tail: bytes.slice(at) };
    text += char.text;
    at += char.size;
  }
  return { text, tail: none };
}

// firstOf is the character that bytes begin with, or the byte that begins none;
// undefined if they end within a character.
function firstOf(bytes: Uint8Array, charset: Charset): { text: string; size: number } | undefined {
  for (let size = 1; size <= bytes.length; size++) {
    try {
      const text = fatal(charset).decode(bytes.subarray(0, size), { stream: true });
      if (charset !== 'utf-8' && nobodys.test(text)) break;
      if (charset === 'gbk' && size === 2 && text === '') break;
      if (text !== '') return { text: control.test(text) ? loose(bytes.subarray(0, size)) : text, size };
    } catch {
      break;
    }
    if (size === bytes.length) return undefined;
  }
  return { text: looseByte(bytes[0]!), size: 1 };
}

function latin1(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 0x8000) out += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return out.replace(/[\u0080-\u009f]/g, (c) => looseByte(c.charCodeAt(0)));
}

/** A piece of a shown text: as it is, or an escape that stands for something unseen. */
export interface Piece {
  text: string;
  escape?: boolean;
  found?: boolean;
  /** Another chunk begins here. */
  tick?: boolean;
}

// Controls (C0, DEL, C1), soft hyphen, zero-width and direction controls, line and
// paragraph separators, invisible operators, tags, and what could not be decoded.
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\p{Cs}/u;

/** The escape of a character that cannot be seen, or "" for one that can. */
export function escapeOf(char: string): string {
  if (!unseen.test(char)) return '';
  switch (char) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
  }
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return '\\x' + (code - 0xdc00).toString(16);
  return code < 0x80 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u{' + code.toString(16) + '}';
}

/** A name or address from outside, with escapes for what cannot be seen. */
export function safe(text: string): string {
  if (!unseen.test(text)) return text;
  return Array.from(text, (c) => escapeOf(c) || c).join('');
}

// East Asian wide characters take two columns of a fixed-width line.
const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** A text from decode that can leave the page: its bytes of no character are escapes. */
export const portable = (text: string): string => text.replace(/[\udc80-\udcff]/gu, escapeOf);

/** How many columns a character takes. */
export const columns = (char: string, escape: string): number => escape.length || (char > '\u10ff' && wide.test(char) ? 2 : 1);
