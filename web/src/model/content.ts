// Bytes of one message as lines of the log: what one read gave, or a frame.

import type { EventLine, Frame } from '../api-types';
import { findBytes, fromBase64 } from '../format/bytes';
import { findText, hexPieces, offset, pieces, wrapText, type Look, type Range } from '../format/layout';
import { choose, completes, decode, escapeOf, isPlain, join, loose, type Charset, type Piece, type ViewCharset } from '../format/text';

/** How the log is shown. A new object for every change: rows remember their lines by it. */
export interface View {
  readonly look: Look;
  readonly charset: ViewCharset;
  readonly wrap: boolean;
  /** Characters that fit beside the other columns. */
  readonly columns: number;
  /** The other columns have a line of their own. */
  readonly narrow: boolean;
  /** What an event says that has no bytes. */
  readonly say: (e: EventLine) => string;
  /** What is searched for, as text and as the bytes that are found; empty when nothing is. */
  readonly needle: string;
  readonly needleBytes: readonly Uint8Array[];
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
  charset: ViewCharset;
  /** What it is shown in; undefined if "auto" has chosen nothing yet, which is shown as UTF-8. */
  shown: Charset | undefined;
  text: string;
  /** The bytes at the end that begin a character. */
  tail: Uint8Array;
  /** The bytes at the end that are of the next message's first character. */
  carried: Uint8Array;
}

export class Content {
  readonly data: Uint8Array;
  /** True length in bytes, of which data may be the beginning. */
  readonly bytes: number;
  /** The message before this one of the same stream, if it is loaded: it may have begun a character, or chosen the charset. */
  before: Content | undefined;
  /** What "auto" had chosen before, if that message is loaded no more. */
  inherited: Charset | undefined;

  private after: Content | undefined; // the message after this one: it may end its last character

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

  /** Whole is that no character goes on in the next message: a datagram, a frame. */
  constructor(
    data: string | undefined,
    bytes: number | undefined,
    readonly frame?: Frame,
    private readonly whole = frame !== undefined,
  ) {
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

  /** What was before it has a part in how it is shown, and is not known. */
  isCut(charset: ViewCharset): boolean {
    if (this.before !== undefined) return false;
    if (charset === 'auto') return this.inherited === undefined && this.said.some((b) => b >= 0x80);
    return !this.whole && (this.data[0] ?? 0) >= 0x80;
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
      out.beside = this.textColumn(this.shownIn(view.charset) ?? 'utf-8', at);
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
  decoded(charset: ViewCharset): string {
    return this.decodeIn(charset).text;
  }

  /** The charset that it is shown in; undefined as long as "auto" has chosen none. */
  shownIn(charset: ViewCharset): Charset | undefined {
    return charset === 'auto' ? this.decodeIn(charset).shown : charset;
  }

  private layOut(view: View): void {
    if (this.view === view) return;
    this.view = view;
    if (view.look === 'text') {
      const { text, shown } = this.decodeIn(view.charset);
      this.text = text;
      this.foundText = findText(this.text, view.needle);
      this.ticks = this.textCuts.map((at) => decode(this.said.subarray(0, at), shown ?? 'utf-8').text.length);
      const cut = view.wrap ? most : 1;
      this.ranges = view.wrap ? wrapText(this.text, view.columns, cut) : [{ start: 0, end: Math.min(this.text.length, 4 * view.columns) }];
      return;
    }
    this.foundBytes = view.needleBytes.flatMap((b) => findBytes(this.data, b).map((start) => ({ start, end: start + b.length }))).sort((a, b) => a.start - b.start);
    const n = perLine(view);
    const lines = view.look === 'hex' && !view.wrap ? 1 : Math.min(most, Math.max(1, Math.ceil(this.data.length / n)));
    this.ranges = Array.from({ length: lines }, (_, i) => ({ start: i * n, end: Math.min((i + 1) * n, this.data.length) }));
  }

  // decodeIn decodes the message, and before it what it depends on.
  private decodeIn(charset: ViewCharset): DecodedAs {
    const waiting: Content[] = [];
    for (let c: Content | undefined = this; c && c.decodedAs?.charset !== charset; c = c.whole && charset !== 'auto' ? undefined : c.before) waiting.push(c);
    for (const c of waiting.reverse()) {
      const before = c.before?.decodedAs;
      const shown = chosen(charset, before ? before.shown : c.inherited, before?.tail ?? none, c.said);
      const { text, tail } = decode(join(before?.carried ?? none, c.said), shown ?? 'utf-8');
      const held = c.whole || c.data.length !== c.bytes ? none : tail;
      const next = c.following();
      const goesOn = completes(held, next, chosen(charset, shown, held, next) ?? 'utf-8');
      c.decodedAs = { charset, shown, tail: held, ...(goesOn ? { text, carried: tail } : { text: text + loose(tail), carried: none }) };
    }
    return this.decodedAs!;
  }

  /** The message before this one is loaded no more; what it chose still holds. */
  leave(charset: ViewCharset): void {
    if (this.before && charset === 'auto') this.inherited = this.before.shownIn(charset);
    this.before = undefined;
  }

  /** The message before this one has come: what was decoded no longer holds. */
  setBefore(before: Content): void {
    this.before = before;
    before.after = this;
    this.decodedAs = this.view = undefined;
    let between = 0; // bytes from a message to this one: as many as a character may still need
    for (let c: Content | undefined = before; c && between < longest; c = c.before) {
      c.decodedAs = c.view = undefined;
      between += Math.max(1, c.said.length);
    }
  }

  // following are the first bytes of what comes after: a slow line may bring a character byte by byte.
  private following(): Uint8Array {
    let next: Uint8Array = none;
    for (let c = this.after, n = 0; c && n < longest && next.length < longest; c = c.after, n++) next = join(next, c.said.subarray(0, longest));
    return next;
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

// longest is how many bytes a character has at most.
const longest = 4;

// chosen is what the next bytes of a stream are shown in, which was shown in something before and has bytes that wait.
function chosen(charset: ViewCharset, before: Charset | undefined, held: Uint8Array, next: Uint8Array): Charset | undefined {
  if (charset !== 'auto') return charset;
  return isPlain(next) ? before : choose(before, join(held, next));
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
