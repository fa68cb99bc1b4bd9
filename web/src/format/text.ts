// Bytes as text in a charset, and text made visible: what leaves no mark, or
// could drive or fool the reader, is shown as an escape.

export const charsets = ['utf-8', 'gbk', 'gb18030', 'big5', 'shift_jis', 'latin-1'] as const;
export type Charset = (typeof charsets)[number];

const none = new Uint8Array(0);

/** What one message says, when it begins with bytes left over from the one before it. */
export interface Decoded {
  text: string;
  /** The bytes at the end that begin a character which the next message completes. */
  rest: Uint8Array;
}

/** Decodes a message that is a part of a stream. Bytes that mean nothing become U+FFFD. */
export function decode(bytes: Uint8Array, charset: Charset, before: Uint8Array = none): Decoded {
  if (charset === 'latin-1') return { text: latin1(bytes), rest: none };
  let all = bytes;
  if (before.length > 0) {
    all = new Uint8Array(before.length + bytes.length);
    all.set(before);
    all.set(bytes, before.length);
  }
  const text = decoder(charset).decode(all, { stream: true });
  return { text, rest: leftOver(all, charset, text) };
}

// decoder is a fresh one: a streaming decoder keeps state between calls.
const decoder = (charset: Charset) => new TextDecoder(charset, { ignoreBOM: true });

// leftOver finds the tail that a streaming decoder keeps: without it, the decoder
// says the same when it is told that nothing follows.
function leftOver(all: Uint8Array, charset: Charset, text: string): Uint8Array {
  const last = all[all.length - 1];
  const ascii = last !== undefined && last < 0x30; // no multi-byte character is left open by it
  if (last === undefined || ascii) return none;
  for (let n = 0; n <= 3 && n <= all.length; n++) {
    if (decoder(charset).decode(all.subarray(0, all.length - n)) === text) {
      return n === 0 ? none : all.slice(all.length - n);
    }
  }
  return none;
}

function latin1(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 0x8000) out += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return out;
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
  return code < 0x80 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u{' + code.toString(16) + '}';
}

/** A name or address from outside, with escapes for what cannot be seen. */
export function safe(text: string): string {
  if (!unseen.test(text)) return text;
  return Array.from(text, (c) => escapeOf(c) || c).join('');
}

// East Asian wide characters take two columns of a fixed-width line.
const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** How many columns a character takes. */
export const columns = (char: string, escape: string): number => escape.length || (char > '\u10ff' && wide.test(char) ? 2 : 1);
