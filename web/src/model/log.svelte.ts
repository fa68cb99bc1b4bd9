// The log: a window over the journal, however long that is.
//
// A few hundred rows around what is on the screen are loaded. The place is kept
// as a row, a line of it and some pixels, never as pixels from the top: a journal
// of ten million rows is taller than a browser can scroll.

import type { ErrorLine, EventLine } from '../api-types';
import { findBytes } from '../format/bytes';
import type { Charset, ViewCharset } from '../format/text';
import { filtered, type Filter } from '../link/events';
import { atBottom, below, linesFrom, normalize, type Anchor } from './anchor';
import type { View } from './content';
import { LogReader, type Screen } from './logReader.svelte';
import type { Line, Row } from './row';

const latest = 150; // ms until the log is drawn without a frame

export class Log implements Screen {
  /** What the screen shows, and how far its first line is pushed up, in pixels. */
  lines = $state.raw<Line[]>([]);
  shift = $state(0);
  /** The newest is shown as it comes. */
  following = $state(true);
  /** Where the screen is in the journal, and how much of it it shows: 0 to 1. */
  place = $state.raw({ top: 0, size: 1 });
  /** How many events there are after the screen, all sessions' together. */
  waiting = $state(0);
  paused = $state(false);
  current = $state(0);
  /** Which of the current row's messages is meant. */
  index = $state(0);
  /** The other end of what is selected. */
  mark = $state(0);
  /** What all text on the screen is shown in; undefined if in several, or if "auto" has chosen none. */
  shownIn = $state.raw<Charset>();

  /** How things look; undefined before the view has said it. */
  view: View | undefined;
  /** How many lines fit on the screen. */
  height = 1;
  anchor: Anchor = { row: 0, line: 0, px: 0 };

  private pixels = 0; // height of the screen
  private rowHeight = 22;
  private drawn = 0; // the frame that is asked for
  private late = 0;
  private readonly reader = new LogReader(this);

  get loading(): boolean {
    return this.reader.loading;
  }
  get failure(): ErrorLine | undefined {
    return this.reader.failure;
  }
  set failure(to: ErrorLine | undefined) {
    this.reader.failure = to;
  }
  /** How the streams are cut, if frames are shown. */
  get cut(): LogReader['cut'] {
    return this.reader.cut;
  }

  // ---- what the view gives ----

  /** The screen, or how things look, has changed. */
  arrange(view: View, pixels: number, rowHeight: number): void {
    this.view = view;
    this.pixels = pixels;
    this.rowHeight = rowHeight;
    this.height = Math.max(1, pixels / rowHeight);
    this.anchor.line = 0;
    this.changed();
  }

  /** Other events are meant; without a filter, none at all. */
  select(filter: Filter | undefined, floor: number): void {
    this.reader.select(filter, floor);
    this.paused = false;
    this.following = true;
    this.current = this.mark = this.index = 0;
    this.reader.reset(this.reader.end);
  }

  /** The heads of the journal have moved. */
  setHeads(oldest: number, next: number): void {
    const another = this.reader.setHeads(oldest, next);
    if (this.reader.off) return;
    if (another) this.reader.reset(next);
    if (this.following) void this.reader.tail();
    else this.changed();
  }

  clear(): number {
    const { reader } = this;
    reader.floor = reader.next;
    reader.ceiling = Infinity;
    this.paused = false;
    this.following = true;
    reader.reset(reader.next);
    return reader.floor;
  }

  /** Which events are shown, for whoever wants them in another form. */
  get shown(): Filter & { from: number; to?: number | undefined } {
    const { session, peer, direction, text, hex, regexp, commented } = this.reader.filter;
    return { session, peer, direction, text, hex, regexp, commented, from: this.reader.floor, to: this.paused ? this.reader.ceiling : undefined };
  }

  /** Whether anything of the session is not shown. */
  get isPart(): boolean {
    return this.paused || this.reader.floor > 1 || filtered(this.reader.filter);
  }

  /** Asks again for what is shown: its texts are in another language now. */
  again(): void {
    const { reader } = this;
    if (reader.off) return;
    const top = this.lines[0]?.row.seq;
    reader.abandon();
    if (this.following || top === undefined) reader.reset(reader.end);
    else void reader.load(Math.ceil(top));
  }

  pause(on: boolean): void {
    this.paused = on;
    this.reader.ceiling = on ? this.reader.next : Infinity;
    if (!on) this.toEnd();
  }

  // ---- moving ----

  /** Scrolls by pixels, down if positive. */
  scroll(px: number): void {
    if (px < 0) this.following = false;
    this.anchor.px += px;
    this.changed();
  }

  /** Scrolls to a part of the journal, 0 to 1. */
  scrollTo(part: number): void {
    this.following = false;
    const { begin, end } = this.reader;
    if (part >= 1) this.toEnd();
    else this.reader.jump(Math.round(begin + part * (end - begin)));
  }

  toStart(): void {
    this.following = false;
    this.reader.jump(this.reader.begin);
  }

  toEnd(): void {
    this.following = true;
    void this.reader.tail();
  }

  /** Puts a row into the middle of the screen and makes it current, of several messages the first with these bytes. */
  async show(seq: number, holds: readonly Uint8Array[]): Promise<void> {
    this.following = false;
    this.current = this.mark = seq;
    if (!this.window.at(seq)) await this.reader.load(seq);
    const row = this.window.at(seq);
    this.index = Math.max(0, row?.contents.findIndex((c) => holds.some((h) => findBytes(c.data, h).length > 0)) ?? 0);
    this.anchor = { row: this.window.find(seq), line: row && this.view ? row.lineOf(this.view, this.index) : 0, px: -Math.floor(this.height / 2) * this.rowHeight };
    this.changed();
  }

  /** Moves to the next or previous message, or row if extend, and the screen after it. */
  step(by: 1 | -1, extend: boolean): void {
    const { window } = this;
    const now = this.at(this.current);
    const inside = this.index + by;
    if (!extend && now && inside >= 0 && inside < messages(now)) this.index = inside;
    else {
      const from = now ? window.find(now.seq) : window.find(this.lines.at(-1)?.row.seq ?? 0);
      const to = Math.min(Math.max(from + by, 0), window.rows.length - 1);
      const row = window.rows[to];
      if (!row) return;
      if (row !== now) this.index = by > 0 ? 0 : messages(row) - 1;
      this.current = row.seq;
    }
    if (!extend) this.mark = this.current;
    this.reveal();
    this.changed();
  }

  // reveal scrolls to the current message, if it is not on the screen.
  private reveal(): void {
    const at = this.window.find(this.current);
    const row = this.window.rows[at];
    if (!row || !this.view) return;
    const seen = this.lines.slice(0, Math.max(1, Math.floor(this.height))).some((l) => l.row === row && l.index === this.index && l.head);
    const last = this.lines.at(-1);
    if (seen && !(last?.row === row && last.index === this.index)) return;
    this.following = false;
    const line = row.lineOf(this.view, this.index);
    const end = row.lineOf(this.view, this.index + 1);
    const up = at < this.anchor.row || (at === this.anchor.row && line <= this.anchor.line);
    this.anchor = up ? { row: at, line, px: 0 } : { row: at, line: end, px: -this.pixels };
  }

  at(seq: number): Row | undefined {
    return this.window.at(seq);
  }

  /** Shows each recipient of one send to many, or the row alone again. */
  unfold(row: Row, on: boolean): void {
    if (row.others.length === 0 || row.unfolded === on) return;
    row.unfolded = on;
    this.changed();
  }

  /** The first and the last of the rows that are selected; 0 if none is. */
  get chosen(): [number, number] {
    return this.current < this.mark ? [this.current, this.mark] : [this.mark, this.current];
  }

  /** The rows that are selected, as far as they are loaded. */
  selected(): Row[] {
    const [a, b] = this.chosen;
    return this.window.rows.filter((r) => r.seq >= a && r.seq <= b);
  }

  /** The latest event before a row, of those that are loaded, that is wanted. */
  before(row: Row, wanted: (e: EventLine) => boolean): EventLine | undefined {
    const { rows } = this.window;
    for (let n = this.window.find(row.seq) - 1; n >= 0; n--) {
      const found = [rows[n]!.event, ...rows[n]!.others].find(wanted);
      if (found) return found;
    }
    return undefined;
  }

  /** Where in what is shown an event is, 0 to 1 if it is there. */
  partOf(seq: number): number {
    const { begin, end } = this.reader;
    return (seq - begin) / Math.max(1, end - begin);
  }

  /** The events that are shown: from the first up to the one that comes next. */
  get bounds(): { begin: number; end: number } {
    const { begin, end } = this.reader;
    return { begin, end };
  }

  private get window(): LogReader['window'] {
    return this.reader.window;
  }

  // ---- drawing ----

  /** It is drawn again with the next frame. */
  changed(): void {
    if (this.drawn) return;
    this.drawn = requestAnimationFrame(this.drawNow);
    // A browser that paints nothing just now gives no frames; what the page says must be right all the same.
    this.late = setTimeout(this.drawNow, latest);
  }

  private drawNow = (): void => {
    cancelAnimationFrame(this.drawn);
    clearTimeout(this.late);
    this.drawn = 0;
    this.draw();
  };

  private draw(): void {
    if (!this.view) return;
    this.settleAnchor(this.view);
    const want = Math.ceil((this.pixels + this.anchor.px) / this.rowHeight);
    const { lines, end } = linesFrom(this.anchor, this.window.rows, this.view, want);
    this.lines = lines;
    this.updateCharset(lines, this.view.charset);
    this.shift = this.anchor.px;
    this.updatePlace(lines);
    this.reader.loadMore(end);
  }

  private updateCharset(lines: Line[], charset: ViewCharset): void {
    if (charset !== 'auto') {
      this.shownIn = charset;
      return;
    }
    const shown = new Set(lines.map((l) => l.of?.shownIn(charset)).filter((c) => c !== undefined));
    this.shownIn = shown.size === 1 ? [...shown][0] : undefined;
  }

  // settleAnchor makes the anchor a line and less than a line of pixels, and keeps
  // the screen within the rows.
  private settleAnchor(view: View): void {
    const { rows, high } = this.window;
    const bottom = () => (this.anchor = atBottom(rows, view, this.rowHeight, this.height));
    if (this.following) bottom();
    else {
      normalize(this.anchor, rows, view, this.rowHeight);
      if (high >= this.reader.end && below(this.anchor, rows, view, this.rowHeight, this.pixels) < this.pixels) {
        bottom();
        if (!this.paused) this.following = true;
      }
    }
    this.anchor.row = Math.max(0, Math.min(this.anchor.row, rows.length - 1));
  }

  private updatePlace(lines: Line[]): void {
    const { window } = this;
    const { begin, end, next } = this.reader;
    const all = Math.max(1, end - begin);
    const first = lines[0]?.row.seq ?? begin;
    const last = lines.at(-1)?.row.last ?? end;
    const whole = window.low <= begin && window.high >= end && lines.length > 0 && lines[0]!.row === window.rows[0] && lines.length < this.height;
    this.place = whole || lines.length === 0 ? { top: 0, size: 1 } : { top: (first - begin) / all, size: Math.min(1, (last - first + 1) / all) };
    if (this.following) this.waiting = 0;
    else this.waiting = Math.max(0, next - Math.max(last + 1, begin));
  }
}

// messages are the ones that a row shows one after the other.
const messages = (row: Row): number => Math.max(1, row.contents.length);
