// The log: a window over the journal, however long that is.
//
// A few hundred rows around what is on the screen are loaded. The place is kept
// as a row, a line of it and some pixels, never as pixels from the top: a journal
// of ten million rows is taller than a browser can scroll.

import type { ErrorLine, EventLine, Events } from '../api-types';
import { findBytes } from '../format/bytes';
import type { Charset, ViewCharset } from '../format/text';
import { failureOf } from '../link/api';
import { events, filtered, type Filter } from '../link/events';
import { atBottom, below, linesFrom, normalize, type Anchor } from './anchor';
import type { View } from './content';
import { Row, type Line } from './row';
import { Tail, Window } from './window';

const batch = 200; // rows asked for at a time
const near = 80; // lines that are loaded beyond the screen, at least
const latest = 150; // ms until the log is drawn without a frame

export class Log {
  /** What the screen shows, and how far its first line is pushed up, in pixels. */
  lines = $state.raw<Line[]>([]);
  shift = $state(0);
  /** The newest is shown as it comes. */
  following = $state(true);
  /** Where the screen is in the journal, and how much of it it shows: 0 to 1. */
  place = $state.raw({ top: 0, size: 1 });
  /** How many events there are after the screen, all sessions' together. */
  waiting = $state(0);
  loading = $state(false);
  failure = $state.raw<ErrorLine>();
  paused = $state(false);
  current = $state(0);
  /** Which of the current row's messages is meant. */
  index = $state(0);
  /** The other end of what is selected. */
  mark = $state(0);
  /** What all text on the screen is shown in; undefined if in several, or if "auto" has chosen none. */
  shownIn = $state.raw<Charset>();
  /** How the streams are cut, if frames are shown; with progress below 1, it is still being found out. */
  cut = $state.raw<{ from: number; progress: number; leftOut: number }>();

  private readonly window = new Window();
  private oldest = 1;
  private next = 1;
  private floor = 1; // nothing before is shown: the view was cleared there
  private ceiling = Infinity; // nothing from here on is shown: the display is paused
  private anchor: Anchor = { row: 0, line: 0, px: 0 };
  private generation = 0;
  private busy = false;
  private wanted: number | undefined; // jump there when the request under way is done
  private view: View | undefined;
  private screen = 1; // lines on the screen
  private pixels = 0; // height of the screen
  private rowHeight = 22;
  private filter: Filter = {};
  private off = true; // nothing is selected
  private drawn = 0; // the frame that is asked for
  private late = 0;
  private due = 0; // a timer: a pause will be over

  // ---- what the view gives ----

  /** The screen, or how things look, has changed. */
  arrange(view: View, pixels: number, rowHeight: number): void {
    this.view = view;
    this.pixels = pixels;
    this.rowHeight = rowHeight;
    this.screen = Math.max(1, pixels / rowHeight);
    this.anchor.line = 0;
    this.changed();
  }

  /** Other events are meant; without a filter, none at all. */
  select(filter: Filter | undefined, floor: number): void {
    this.off = filter === undefined;
    this.filter = filter ?? {};
    this.floor = floor;
    this.ceiling = Infinity;
    this.paused = false;
    this.following = true;
    this.current = this.mark = this.index = 0;
    this.cut = undefined;
    this.failure = undefined;
    this.reset(this.end);
  }

  /** The heads of the journal have moved. */
  setHeads(oldest: number, next: number): void {
    const before = this.next;
    this.oldest = oldest;
    this.next = next;
    if (this.off) return;
    if (next < before) this.reset(next); // another core
    if (this.following) void this.tail();
    else this.changed();
  }

  clear(): number {
    this.floor = this.next;
    this.ceiling = Infinity;
    this.paused = false;
    this.following = true;
    this.reset(this.next);
    return this.floor;
  }

  /** Which events are shown, for whoever wants them in another form. */
  get shown(): Filter & { from: number; to?: number | undefined } {
    const { session, peer, direction, text, hex, regexp, commented } = this.filter;
    return { session, peer, direction, text, hex, regexp, commented, from: this.floor, to: this.paused ? this.ceiling : undefined };
  }

  /** Whether anything of the session is not shown. */
  get isPart(): boolean {
    return this.paused || this.floor > 1 || filtered(this.filter);
  }

  /** Asks again for what is shown: its texts are in another language now. */
  again(): void {
    if (this.off) return;
    const top = this.lines[0]?.row.seq;
    this.generation++;
    this.busy = false;
    if (this.following || top === undefined) this.reset(this.end);
    else void this.load(Math.ceil(top));
  }

  pause(on: boolean): void {
    this.paused = on;
    this.ceiling = on ? this.next : Infinity;
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
    const seq = Math.round(this.begin + part * (this.end - this.begin));
    if (part >= 1) this.toEnd();
    else this.jump(seq);
  }

  toStart(): void {
    this.following = false;
    this.jump(this.begin);
  }

  toEnd(): void {
    this.following = true;
    void this.tail();
  }

  /** Puts a row into the middle of the screen and makes it current, of several messages the first with these bytes. */
  async show(seq: number, holds: readonly Uint8Array[]): Promise<void> {
    this.following = false;
    this.current = this.mark = seq;
    if (!this.window.at(seq)) await this.load(seq);
    const row = this.window.at(seq);
    this.index = Math.max(0, row?.contents.findIndex((c) => holds.some((h) => findBytes(c.data, h).length > 0)) ?? 0);
    this.anchor = { row: this.window.find(seq), line: row && this.view ? row.lineOf(this.view, this.index) : 0, px: -Math.floor(this.screen / 2) * this.rowHeight };
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
    const seen = this.lines.slice(0, Math.max(1, Math.floor(this.screen))).some((l) => l.row === row && l.index === this.index && l.head);
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
    return (seq - this.begin) / Math.max(1, this.end - this.begin);
  }

  /** The events that are shown: from the first up to the one that comes next. */
  get bounds(): { begin: number; end: number } {
    return { begin: this.begin, end: this.end };
  }

  // ---- the window ----

  private get begin(): number {
    return Math.max(this.oldest, this.floor);
  }

  private get end(): number {
    return Math.min(this.next, this.ceiling);
  }

  private reset(at: number): void {
    this.generation++;
    this.busy = false;
    clearTimeout(this.due);
    this.window.empty(at);
    this.anchor = { row: 0, line: 0, px: 0 };
    this.changed();
    if (this.following) void this.tail();
  }

  private jump(seq: number): void {
    const { window } = this;
    if (seq >= window.low && seq <= window.high && window.rows.length > 0) {
      this.anchor = { row: window.find(seq), line: 0, px: 0 };
      this.changed();
      return;
    }
    this.wanted = seq;
    if (!this.busy) void this.load(seq);
  }

  // load replaces the window by the rows around a number.
  private async load(seq: number): Promise<void> {
    this.wanted = undefined;
    const got = await this.ask(seq, batch, false);
    if (!got) return;
    this.window.empty(seq);
    this.join(got, false);
    this.anchor = { row: 0, line: 0, px: 0 };
    this.changed();
  }

  // ask gets events, one request at a time; undefined if the log has meanwhile
  // become another one, or somebody asks already.
  private async ask(from: number, limit: number, back: boolean): Promise<Events | undefined> {
    if (this.busy || this.off) return undefined;
    const generation = this.generation;
    this.busy = this.loading = true;
    try {
      const going = (got: Events) => generation === this.generation && (this.updateCut(got, false), true);
      const got = await events(this.filter, from, limit, back, going);
      if (generation !== this.generation) return undefined;
      this.failure = undefined;
      this.oldest = got.oldest;
      this.next = Math.max(this.next, got.next);
      this.updateCut(got, true);
      return got;
    } catch (e) {
      if (generation === this.generation) this.failure = failureOf(e);
      return undefined;
    } finally {
      if (generation === this.generation) {
        this.busy = this.loading = false;
        if (this.wanted !== undefined) void this.load(this.wanted);
      }
    }
  }

  private updateCut(got: Events, whole: boolean): void {
    const { cut } = got;
    if (!cut) return;
    const progress = whole ? 1 : (cut.to - got.oldest) / Math.max(1, got.next - got.oldest);
    this.cut = { from: cut.from, progress, leftOut: cut.open_left_out ?? 0 };
  }

  // join adds what was asked for at one end of the window.
  private join(got: Events, back: boolean): void {
    const { window, anchor } = this;
    if (back) {
      const count = window.addFront(got, this.begin);
      anchor.row += count;
      window.trimBack(anchor.row + near);
      void this.loadCharacterStarts(count);
      return;
    }
    window.addBack(got, this.begin);
    void this.loadCharacterStarts(-(got.events?.length ?? 0));
    anchor.row -= window.trimFront(anchor.row, this.view?.charset ?? 'utf-8');
    clearTimeout(this.due);
    if (got.cut?.due_ms) this.due = setTimeout(() => void this.readDueFrames(), got.cut.due_ms + 1);
  }

  // loadCharacterStarts loads what begins a character whose end is the beginning of a row,
  // and for "auto" a few messages more, by which the charset was chosen.
  private async loadCharacterStarts(count: number): Promise<void> {
    const charset = this.view?.charset ?? 'latin-1';
    if (charset === 'latin-1' || (charset !== 'auto' && this.view?.look !== 'text')) return;
    const generation = this.generation;
    for (const row of this.window.orphans(count, charset)) {
      const { session, peer_id: peer, kind } = row.event;
      const direction = kind === 'sent' ? 'sent' : 'received';
      const got = await events({ session, peer, direction }, row.seq, charset === 'auto' ? 20 : 1, true).catch(() => undefined);
      if (generation !== this.generation) return;
      const earlier = (got?.events ?? []).flatMap((e) => new Row(e).contents);
      const before = earlier.at(-1);
      if (!before || !row.contents[0]!.isCut(charset)) continue;
      for (const [i, c] of earlier.entries()) if (i > 0) c.setBefore(earlier[i - 1]!);
      this.window.adopt(row, before);
      this.changed();
    }
  }

  // readDueFrames reads what has become a frame without an event.
  private async readDueFrames(): Promise<void> {
    if (this.paused || this.window.high < this.next) return; // another request sees it
    if (this.busy) this.due = setTimeout(() => void this.readDueFrames(), latest);
    else await this.more(this.window.high, false);
  }

  // tail brings the newest rows. What lies between them and the window is not
  // fetched if it is more than the screen shows: scrolling up loads it.
  private async tail(): Promise<void> {
    if (this.busy || this.off || !this.view) return;
    const { end, window } = this;
    const known = window.known;
    if (known && window.high >= end) return this.changed();
    const need = Math.ceil(this.screen) + 10;
    if (known && end - window.high <= 2 * need) return this.more(window.high, false, 2 * need);
    const t = new Tail(end);
    const stop = known ? window.high : this.begin;
    for (let tries = 0; tries < 8 && t.rows < need && t.low > stop; tries++) {
      const got = await this.ask(t.low, need, true);
      if (!got) return;
      t.add(got);
      if (got.done) break;
    }
    this.replace(t, end, known && t.low <= window.high);
    this.changed();
  }

  // replace makes what was fetched from the end the window, or joins it to the
  // window, if nothing is missing in between.
  private replace(t: Tail, end: number, joined: boolean): void {
    const { window } = this;
    if (!joined) {
      window.empty(Math.max(t.low, this.begin));
      this.anchor = { row: 0, line: 0, px: 0 };
    }
    this.join(t.whole(window.high, end), false);
  }

  // ---- drawing ----

  private changed(): void {
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
    this.loadMore(end);
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
    const bottom = () => (this.anchor = atBottom(rows, view, this.rowHeight, this.screen));
    if (this.following) bottom();
    else {
      normalize(this.anchor, rows, view, this.rowHeight);
      if (high >= this.end && below(this.anchor, rows, view, this.rowHeight, this.pixels) < this.pixels) {
        bottom();
        if (!this.paused) this.following = true;
      }
    }
    this.anchor.row = Math.max(0, Math.min(this.anchor.row, rows.length - 1));
  }

  private updatePlace(lines: Line[]): void {
    const all = Math.max(1, this.end - this.begin);
    const first = lines[0]?.row.seq ?? this.begin;
    const last = lines.at(-1)?.row.last ?? this.end;
    const whole = this.window.low <= this.begin && this.window.high >= this.end && lines.length > 0 && lines[0]!.row === this.window.rows[0] && lines.length < this.screen;
    this.place = whole || lines.length === 0 ? { top: 0, size: 1 } : { top: (first - this.begin) / all, size: Math.min(1, (last - first + 1) / all) };
    if (this.following) this.waiting = 0;
    else this.waiting = Math.max(0, this.next - Math.max(last + 1, this.begin));
  }

  // loadMore asks for rows when the screen comes near an end of what is loaded.
  private loadMore(endRow: number): void {
    if (this.busy || !this.view) return;
    if (this.following && this.window.high < this.end) return void this.tail(); // more came while the last request was under way
    if (this.window.high === this.window.low) return;
    if (this.anchor.row < near && this.window.low > this.begin) void this.more(this.window.low, true);
    else if (!this.following && this.window.rows.length - endRow < near && this.window.high < this.end) void this.more(this.window.high, false);
  }

  private async more(from: number, back: boolean, limit = batch): Promise<void> {
    const got = await this.ask(from, limit, back);
    if (!got) return;
    this.join(got, back);
    this.changed();
  }
}

// messages are the ones that a row shows one after the other.
const messages = (row: Row): number => Math.max(1, row.contents.length);
