// One event of the log, and the lines it takes in a view.

import type { EventLine } from '../api-types';
import { findBytes, fromBase64 } from '../format/bytes';
import { findText, hexPieces, offset, pieces, wrapText, type Look, type Range } from '../format/layout';
import { decode, escapeOf, type Charset, type Piece } from '../format/text';

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

/** One line of the log. */
export interface Line {
  row: Row;
  /** Which of the row's lines. */
  part: number;
  /** The line has the time, the peer and the length. */
  head: boolean;
  /** Where the line begins in the message, beside a hex dump. */
  offset: string;
  content: Piece[];
  /** The text beside the hex. */
  beside: Piece[];
  /** Bytes that are not shown, because there are too many lines. */
  more: number;
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

export class Row {
  readonly seq: number;
  readonly data: Uint8Array;
  /** The message before this one of the same peer and direction, if it is loaded. */
  before: Row | undefined;
  /** Time of the row above, for differences. */
  above: string | undefined;

  private view: View | undefined;
  private text = '';
  private ranges: Range[] = [];
  private foundText: Range[] = [];
  private foundBytes: Range[] = [];
  private restOf: { charset: Charset; rest: Uint8Array; text: string } | undefined;

  constructor(readonly event: EventLine) {
    this.seq = event.seq ?? 0;
    this.data = event.data ? fromBase64(event.data) : none;
  }

  /** A row of the same event that remembers nothing of how the log looks. */
  alone(): Row {
    return new Row(this.event);
  }

  get isData(): boolean {
    return this.event.kind === 'received' || this.event.kind === 'sent';
  }

  /** Which stream of bytes the row is a part of. */
  get stream(): string {
    return this.isData ? `${this.event.peer_id ?? 0} ${this.event.kind}` : '';
  }

  /** How many lines the row takes. */
  height(view: View): number {
    if (!this.isData) return 1;
    this.arrange(view);
    return this.ranges.length + (view.narrow ? 1 : 0);
  }

  line(view: View, part: number): Line {
    const line: Line = { row: this, part, head: part === 0, offset: '', content: [], beside: [], more: 0 };
    if (!this.isData) return line;
    this.arrange(view);
    const at = this.ranges[view.narrow ? part - 1 : part];
    if (!at) return line;
    if (view.look === 'text') line.content = pieces(this.text, at, this.foundText);
    else line.content = hexPieces(this.data, at, this.foundBytes, true);
    if (view.look === 'both') {
      line.offset = offset(at.start);
      const n = perLine(view);
      const missing = n - (at.end - at.start);
      if (missing > 0) line.content.push({ text: ' '.repeat(3 * missing + Math.floor((n - 1) / 8) - Math.floor(Math.max(0, n - missing - 1) / 8)) });
      line.beside = this.besides(view.charset, at);
    }
    const last = (view.narrow ? part - 1 : part) === this.ranges.length - 1;
    if (last && view.look !== 'text') line.more = this.data.length - at.end;
    else if (last && at.end < this.text.length) line.more = this.data.length;
    return line;
  }

  /** The whole message as text, what began before it included. */
  decoded(charset: Charset): string {
    return this.settle(charset).text;
  }

  private arrange(view: View): void {
    if (this.view === view) return;
    this.view = view;
    if (view.look === 'text') {
      this.text = this.settle(view.charset).text;
      this.foundText = findText(this.text, view.needle);
      const cut = view.wrap ? most : 1;
      this.ranges = view.wrap ? wrapText(this.text, view.columns, cut) : [{ start: 0, end: Math.min(this.text.length, 4 * view.columns) }];
      return;
    }
    this.foundBytes = findBytes(this.data, view.needleBytes).map((start) => ({ start, end: start + view.needleBytes.length }));
    const n = perLine(view);
    const lines = view.look === 'hex' && !view.wrap ? 1 : Math.min(most, Math.max(1, Math.ceil(this.data.length / n)));
    this.ranges = Array.from({ length: lines }, (_, i) => ({ start: i * n, end: Math.min((i + 1) * n, this.data.length) }));
  }

  // settle decodes the row, and before it what it depends on.
  private settle(charset: Charset): { text: string; rest: Uint8Array } {
    const waiting: Row[] = [];
    for (let r: Row | undefined = this; r && r.restOf?.charset !== charset; r = r.before) waiting.push(r);
    for (const r of waiting.reverse()) {
      const begun = r.before?.restOf?.rest ?? none;
      r.restOf = { charset, ...decode(r.data, charset, begun) };
    }
    return this.restOf!;
  }

  /** The row before this one has come, or gone: what was decoded no longer holds. */
  unsettle(): void {
    this.restOf = undefined;
    this.view = undefined;
  }

  private besides(charset: Charset, at: Range): Piece[] {
    const out: Piece[] = [];
    for (const cell of cells(this.data, charset, at)) {
      const escape = cell === '' || escapeOf(cell) !== '';
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
