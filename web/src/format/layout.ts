// How a message becomes lines of the log: as text, as hex, or both side by side.
// A line is a range of the text, or of the bytes.

import { hexByte } from './bytes';
import { columns, escapeOf, type Piece } from './text';

export const looks = ['text', 'hex', 'both'] as const;
export type Look = (typeof looks)[number];

/** A half-open range. */
export interface Range {
  start: number;
  end: number;
}

/**
 * Cuts a text into lines of at most width columns: after each line feed, and where a
 * line is full after the last space, escape or wide character in it. Only a word that
 * is longer than a line is cut inside.
 */
export function wrapText(text: string, width: number, most: number): Range[] {
  const lines: Range[] = [];
  let start = 0;
  let used = 0;
  let goodEnd = 0; // a line that begins at start may end here …
  let usedAfter = 0; // … and so many columns have come since
  for (let i = 0; i < text.length && lines.length < most; ) {
    const char = String.fromCodePoint(text.codePointAt(i)!);
    const escape = char >= ' ' && char <= '~' ? '' : escapeOf(char);
    const wants = columns(char, escape);
    const alone = escape !== '' || wants > 1; // nothing that it stands beside is torn from it
    if (alone && i > start) {
      goodEnd = i;
      usedAfter = 0;
    }
    if (used + wants > width && i > start) {
      const end = goodEnd > start ? goodEnd : i;
      lines.push({ start, end });
      used = end === i ? 0 : usedAfter;
      start = end;
      continue;
    }
    i += char.length;
    used += wants;
    usedAfter += wants;
    if (char === '\n' && i < text.length) {
      lines.push({ start, end: i });
      start = i;
      used = 0;
    } else if (alone || char === ' ') {
      goodEnd = i;
      usedAfter = 0;
    }
  }
  if (lines.length < most && (start < text.length || lines.length === 0)) lines.push({ start, end: text.length });
  return lines;
}

/** A part of a text as pieces: plain runs, escapes, what was searched for, and ticks where chunks begin. */
export function pieces(text: string, range: Range, found: Range[], ticks: number[] = []): Piece[] {
  const out: Piece[] = [];
  const add = (piece: string, escape: boolean, mark: boolean, tick: boolean) => {
    const last = out[out.length - 1];
    if (last && !tick && !!last.escape === escape && !!last.found === mark) last.text += piece;
    else out.push({ text: piece, escape, found: mark, tick });
  };
  let next = 0;
  for (let i = range.start; i < range.end; ) {
    const char = String.fromCodePoint(text.codePointAt(i)!);
    while (next < found.length && found[next]!.end <= i) next++;
    const mark = next < found.length && found[next]!.start <= i;
    const escape = char >= ' ' && char <= '~' ? '' : escapeOf(char);
    add(escape || char, escape !== '', mark, ticks.includes(i));
    i += char.length;
  }
  return out;
}

/** A part of the bytes as pieces of hex, with a wider gap after eight. */
export function hexPieces(bytes: Uint8Array, range: Range, found: Range[], gap: boolean, ticks: number[] = []): Piece[] {
  const out: Piece[] = [];
  let next = 0;
  for (let i = range.start; i < range.end; i++) {
    while (next < found.length && found[next]!.end <= i) next++;
    const mark = next < found.length && found[next]!.start <= i;
    const column = i - range.start;
    const lead = column === 0 ? '' : gap && column % 8 === 0 ? '  ' : ' ';
    const last = out[out.length - 1];
    const tick = ticks.includes(i);
    if (last && !tick && !!last.found === mark) last.text += lead + hexByte(bytes[i]!);
    else {
      if (lead && last) last.text += lead;
      out.push({ text: hexByte(bytes[i]!), found: mark, tick });
    }
  }
  return out;
}

/** Every place of a text, regardless of case when asked. */
export function findText(text: string, needle: string): Range[] {
  const found: Range[] = [];
  if (needle === '') return found;
  for (let i = text.indexOf(needle); i >= 0; i = text.indexOf(needle, i + needle.length)) {
    found.push({ start: i, end: i + needle.length });
  }
  return found;
}

/** An offset as hex dumps write it. */
export const offset = (n: number): string => n.toString(16).padStart(n > 0xffff ? 8 : 4, '0');
