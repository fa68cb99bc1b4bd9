// Bytes of one message as lines of the log: what one read gave, or a frame.

import type { Frame } from '../api-types';
import { findBytes, fromBase64 } from '../format/bytes';
import { findText, hexPieces, offset, pieces, wrapText, type Look, type Range } from '../format/layout';
import { completes, decode, escapeOf, join, loose, type Charset, type Piece } from '../format/text';

/** How the log is shown. A new object for every change: rows remember their lines by it. */
export interface View {
  readonly look: Look;
  readonly charset: Charset;
  readonly wrap: boolean;
  /** Characters that fit beside the other columns. */
  readonly columns: number;
  /** The other columns have a line of their own. */
  readonly narrow: boolean;
  /** What is searched for, as text and as bytes; empty when nothing is. */
  readonly needle: string;
  readonly needleBytes: Uint8Array;
}

/** What a line shows of bytes. */
export interface Shown {
  /** Where the line begins in the message, beside a hex dump. */
  offset: string;
  content: Piece[];
  /** The text beside the hex. */
  beside: Piece[];
  /** The message has more bytes than are shown. */
  more: boolean;
}

const most = 400; // lines of one message in the log; the message panel has all of it
const none = new Uint8Array(0);

/** How many bytes a line of hex has. */
export function perLine(view: View): number {
  if (view.look === 'hex') {
    const fit = Math.floor((view.columns + 1) / 3.08);
    return fit >= 8 ? fit - (fit % 8) : 4;
  }
  const fit = (n: number) => 6 + 3 * n + n / 8 + 1 + n <= view.columns;
  return fit(32) ? 32 : fit(16) ? 16 : fit(8) ? 8 : 4;
}

/** A message in a charset. */
interface DecodedAs {
  charset: Charset;
  text: string;
  /** The bytes at the end that are of the next message's first character. */
  carried: Uint8Array;
}

export class Content {
  readonly data: Uint8Array;
  /** True length in bytes, of which data may be the beginning. */
  readonly bytes: number;
  /** The message before this one of the same stream, if it is loaded: it may have begun a character. */
  before: Content | undefined;

  private next = none; // the first bytes of the message after this one: they may end its last character

  private readonly said: Uint8Array; // what is read as text: the content of a frame
  private readonly cuts: number[]; // where another chunk begins in data …
  private readonly textCuts: number[]; // … and in said
  private view: View | undefined;
  private text = '';
  private ranges: Range[] = [];
  private foundText: Range[] = [];
  private foundBytes: Range[] = [];
  private ticks: number[] = [];
  private decodedAs: DecodedAs | undefined;

  constructor(data: string | undefined, bytes: number | undefined, readonly frame?: Frame) {
    this.data = data ? fromBase64(data) : none;
    this.bytes = bytes ?? this.data.length;
    const [from, to] = frame?.body_at ?? [0, this.data.length];
    this.cuts = frame?.cuts ?? [];
    this.said = frame?.body ? fromBase64(frame.body) : this.data.subarray(from, to);
    this.textCuts = frame?.body ? [] : this.cuts.map((at) => at - from!).filter((at) => at > 0 && at < this.said.length);
  }

  /** The same bytes, that remember nothing of how the log looks. */
  alone(): Content {
    const copy: Content = Object.create(Content.prototype) as Content;
    return Object.assign(copy, this, { view: undefined, before: undefined, decodedAs: undefined });
  }

  /** It may begin in the middle of a character. */
  get isCut(): boolean {
    return this.before === undefined && (this.data[0] ?? 0) >= 0x80;
  }

  /** How many lines the bytes take. */
  height(view: View): number {
    this.layOut(view);
    return this.ranges.length + (this.hints(view) ? 1 : 0);
  }

  line(view: View, part: number): Shown {
    this.layOut(view);
    const out: Shown = { offset: '', content: [], beside: [], more: false };
    const at = this.ranges[part];
    if (!at) return { ...out, more: part > 0 };
    if (view.look === 'text') out.content = pieces(this.text, at, this.foundText, this.ticks);
    else out.content = hexPieces(this.data, at, this.foundBytes, true, this.cuts);
    if (view.look === 'both') {
      out.offset = offset(at.start);
      const n = perLine(view);
      const missing = n - (at.end - at.start);
      if (missing > 0) out.content.push({ text: ' '.repeat(3 * missing + Math.floor((n - 1) / 8) - Math.floor(Math.max(0, n - missing - 1) / 8)) });
      out.beside = this.textColumn(view.charset, at);
    }
    out.more = !view.wrap && this.isPart(view);
    return out;
  }

  /** More is to be said of it than its lines show. */
  private isPart(view: View): boolean {
    const shown = view.look === 'text' ? this.text.length : this.data.length;
    return (this.ranges.at(-1)?.end ?? 0) < shown || this.data.length < this.bytes;
  }

  /** That there is more has a line of its own: a message that is wrapped leaves no room beside it. */
  private hints(view: View): boolean {
    return view.wrap && this.isPart(view);
  }

  /** The whole message as text, what began before it included. */
  decoded(charset: Charset): string {
    return this.decodeIn(charset).text;
  }

  private layOut(view: View): void {
    if (this.view === view) return;
    this.view = view;
    if (view.look === 'text') {
      this.text = this.decodeIn(view.charset).text;
      this.foundText = findText(this.text, view.needle);
      this.ticks = this.textCuts.map((at) => decode(this.said.subarray(0, at), view.charset).text.length);
      const cut = view.wrap ? most : 1;
      this.ranges = view.wrap ? wrapText(this.text, view.columns, cut) : [{ start: 0, end: Math.min(this.text.length, 4 * view.columns) }];
      return;
    }
    this.foundBytes = findBytes(this.data, view.needleBytes).map((start) => ({ start, end: start + view.needleBytes.length }));
    const n = perLine(view);
    const lines = view.look === 'hex' && !view.wrap ? 1 : Math.min(most, Math.max(1, Math.ceil(this.data.length / n)));
    this.ranges = Array.from({ length: lines }, (_, i) => ({ start: i * n, end: Math.min((i + 1) * n, this.data.length) }));
  }

  // decodeIn decodes the message, and before it what it depends on.
  private decodeIn(charset: Charset): DecodedAs {
    const waiting: Content[] = [];
    for (let c: Content | undefined = this; c && c.decodedAs?.charset !== charset; c = c.before) waiting.push(c);
    for (const c of waiting.reverse()) {
      const { text, tail } = decode(join(c.before?.decodedAs?.carried ?? none, c.said), charset);
      c.decodedAs = c.data.length === c.bytes && completes(tail, c.next, charset) ? { charset, text, carried: tail } : { charset, text: text + loose(tail), carried: none };
    }
    return this.decodedAs!;
  }

  /** The message before this one has come: what was decoded no longer holds. */
  setBefore(before: Content): void {
    this.before = before;
    before.next = this.said.slice(0, 3);
    for (const c of [before, this]) c.decodedAs = c.view = undefined;
  }

  private textColumn(charset: Charset, at: Range): Piece[] {
    const out: Piece[] = [];
    for (const cell of cells(this.data, charset, at)) {
      const escape = cell === '' || cell === '\uFFFD' || escapeOf(cell) !== '';
      const shown = escape ? '·' : cell;
      const last = out[out.length - 1];
      if (last && !!last.escape === escape) last.text += shown;
      else out.push({ text: shown, escape });
    }
    return out;
  }
}

// cells are the characters that begin in a range of bytes. Decoding starts a
// little before the range, so that a character cut by it is not shown twice.
function cells(data: Uint8Array, charset: Charset, at: Range): string[] {
  if (charset === 'latin-1') return Array.from(data.subarray(at.start, at.end), (b) => String.fromCharCode(b));
  const decoder = new TextDecoder(charset, { ignoreBOM: true });
  let from = at.start;
  while (from > 0 && at.start - from < 8 && data[from - 1]! >= 0x80) from--;
  const out: string[] = [];
  for (let i = from, began = from; i < data.length && (i < at.end || began < at.end); i++) {
    const got = decoder.decode(data.subarray(i, i + 1), { stream: true });
    if (got === '') continue;
    if (began >= at.start && began < at.end) out.push(...got);
    began = i + 1;
  }
  return out;
}
