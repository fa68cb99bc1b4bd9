// The log: a window over the journal, however long that is.
//
// A few hundred rows around what is on the screen are loaded. The place is kept
// as a row, a line of it and some pixels, never as pixels from the top: a journal
// of ten million rows is taller than a browser can scroll.

import type { Events } from '../api-types';
import { failureOf } from '../link/api';
import { events, type Filter } from '../link/events';
import type { ErrorLine } from '../api-types';
import { Row, type Line, type View } from './row';

const batch = 200; // rows asked for at a time
const near = 80; // lines that are loaded beyond the screen, at least
const latest = 150; // ms until the log is drawn without a frame
const keep = 1200; // rows that are kept at most

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
  /** The other end of what is selected. */
  mark = $state(0);

  private rows: Row[] = [];
  private low = 1; // rows holds the matching events from low …
  private high = 1; // … up to but without high
  private oldest = 1;
  private next = 1;
  private floor = 1; // nothing before is shown: the view was cleared there
  private ceiling = Infinity; // nothing from here on is shown: the display is paused
  private anchor = { row: 0, line: 0, px: 0 };
  private generation = 0;
  private busy = false;
  private wanted: number | undefined; // jump there when the request under way is done
  private view: View | undefined;
  private screen = 1; // lines on the screen
  private pixels = 0; // height of the screen
  private rowHeight = 22;
  private filter: Filter = {};
  private drawn = 0; // the frame that is asked for
  private late = 0;

  // ---- what the view tells ----

  /** The screen, or how things look, has changed. */
  arrange(view: View, pixels: number, rowHeight: number): void {
    this.view = view;
    this.pixels = pixels;
    this.rowHeight = rowHeight;
    this.screen = Math.max(1, pixels / rowHeight);
    this.anchor.line = 0;
    this.changed();
  }

  /** Other events are meant. */
  select(filter: Filter, floor: number): void {
    this.filter = filter;
    this.floor = floor;
    this.ceiling = Infinity;
    this.paused = false;
    this.following = true;
    this.current = this.mark = 0;
    this.reset(this.end);
  }

  /** The heads of the journal have moved. */
  heads(oldest: number, next: number): void {
    const before = this.next;
    this.oldest = oldest;
    this.next = next;
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

  /** Puts a row into the middle of the screen and makes it current. */
  async show(seq: number): Promise<void> {
    this.following = false;
    this.current = this.mark = seq;
    const at = this.find(seq);
    if (this.rows[at]?.seq !== seq) await this.load(seq);
    this.anchor = { row: this.find(seq), line: 0, px: -Math.floor(this.screen / 2) * this.rowHeight };
    this.changed();
  }

  /** Moves the current row by some rows, and the screen after it. */
  step(by: number, extend: boolean): void {
    const last = this.lines.at(-1)?.row.seq ?? 0;
    const from = this.current ? this.find(this.current) : this.find(last);
    const to = Math.min(Math.max(from + by, 0), this.rows.length - 1);
    const row = this.rows[to];
    if (!row) return;
    this.current = row.seq;
    if (!extend) this.mark = row.seq;
    const lines = this.lines.filter((l) => l.row === row && l.part === 0);
    const bottom = this.lines.length > 0 && this.find(this.lines[this.lines.length - 1]!.row.seq);
    if (lines.length === 0 || to === bottom) {
      this.following = false;
      if (to <= this.anchor.row) this.anchor = { row: to, line: 0, px: 0 };
      else this.anchor = { row: to, line: row.height(this.view!), px: -this.pixels };
    }
    this.changed();
  }

  at(seq: number): Row | undefined {
    const row = this.rows[this.find(seq)];
    return row?.seq === seq ? row : undefined;
  }

  /** The rows that are selected, as far as they are loaded. */
  selected(): Row[] {
    const [a, b] = this.current < this.mark ? [this.current, this.mark] : [this.mark, this.current];
    return this.rows.filter((r) => r.seq >= a && r.seq <= b);
  }

  /** The next match of a search after or before the current row, or undefined. */
  async search(needle: Filter, back: boolean): Promise<number | undefined> {
    let from = this.current || (back ? this.end : this.begin);
    if (!back && this.current) from++;
    const generation = this.generation;
    for (let more = true; more && generation === this.generation; ) {
      const got = await events({ ...this.filter, ...needle }, from, 1, back);
      const seq = (back ? got.events.at(-1) : got.events[0])?.seq;
      if (seq !== undefined && seq >= this.begin && seq < this.end) return seq;
      more = !got.done && got.scanned_to !== from && (back ? got.scanned_to > this.begin : got.scanned_to < this.end);
      from = got.scanned_to;
    }
    return undefined;
  }

  // ---- the window ----

  private get begin(): number {
    return Math.max(this.oldest, this.floor);
  }

  private get end(): number {
    return Math.min(this.next, this.ceiling);
  }

  // find is the index of the first row with this number or a later one.
  private find(seq: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.rows[mid]!.seq < seq) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  private reset(at: number): void {
    this.generation++;
    this.busy = false;
    this.rows = [];
    this.low = this.high = at;
    this.anchor = { row: 0, line: 0, px: 0 };
    this.changed();
    if (this.following) void this.tail();
  }

  private jump(seq: number): void {
    if (seq >= this.low && seq <= this.high && this.rows.length > 0) {
      this.anchor = { row: this.find(seq), line: 0, px: 0 };
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
    this.rows = [];
    this.low = this.high = seq;
    this.join(got, false);
    this.anchor = { row: 0, line: 0, px: 0 };
    this.changed();
  }

  // ask gets events, one request at a time; undefined if the log has meanwhile
  // become another one, or somebody asks already.
  private async ask(from: number, limit: number, back: boolean): Promise<Events | undefined> {
    if (this.busy) return undefined;
    const generation = this.generation;
    this.busy = this.loading = true;
    try {
      const got = await events(this.filter, from, limit, back);
      if (generation !== this.generation) return undefined;
      this.failure = undefined;
      this.oldest = got.oldest;
      this.next = Math.max(this.next, got.next);
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

  // join adds what was asked for at one end of the window.
  private join(got: Events, back: boolean): void {
    const fresh = (got.events ?? []).map((e) => new Row(e)).filter((r) => r.seq >= this.begin);
    if (back) {
      this.rows = fresh.concat(this.rows);
      this.anchor.row += fresh.length;
      this.low = got.done ? this.begin : got.scanned_to;
      this.chain(0, Math.min(this.rows.length, fresh.length + 100));
      this.trim(this.rows.length - keep, false);
    } else {
      const at = this.rows.length;
      this.rows = this.rows.concat(fresh);
      this.high = Math.max(got.scanned_to, this.high);
      this.chain(at, this.rows.length);
      this.trim(this.rows.length - keep, true);
    }
  }

  // chain links rows from start up to end with the ones of their stream before them.
  private chain(start: number, end: number): void {
    const last = new Map<string, Row>();
    for (let i = Math.max(0, start - 100); i < end; i++) {
      const row = this.rows[i]!;
      row.above = this.rows[i - 1]?.event.time;
      if (row.stream === '') continue;
      const before = last.get(row.stream);
      if (i >= start && before && before !== row.before) {
        row.before = before;
        row.unsettle();
      }
      last.set(row.stream, row);
    }
  }

  private trim(extra: number, front: boolean): void {
    if (extra <= 0) return;
    if (front) {
      extra = Math.min(extra, this.anchor.row);
      const first = this.rows[extra];
      if (extra <= 0 || !first) return;
      this.rows = this.rows.slice(extra);
      this.low = first.seq;
      first.before = undefined;
      this.anchor.row -= extra;
    } else {
      const end = Math.max(this.rows.length - extra, this.anchor.row + near);
      const first = this.rows[end];
      if (!first) return;
      this.rows = this.rows.slice(0, end);
      this.high = first.seq;
    }
  }

  // tail brings the newest rows. What lies between them and the window is not
  // fetched if it is more than the screen shows: scrolling up loads it.
  private async tail(): Promise<void> {
    if (this.busy || !this.view) return;
    const end = this.end;
    const known = this.high > this.low; // something was looked at already
    if (known && this.high >= end) return this.changed();
    const need = Math.ceil(this.screen) + 10;
    if (known && end - this.high <= 2 * need) {
      const got = await this.ask(this.high, 2 * need, false);
      if (got) this.join(got, false);
      return this.changed();
    }
    const t = new Tail(end);
    const stop = known ? this.high : this.begin;
    for (let tries = 0; tries < 8 && t.rows < need && t.low > stop; tries++) {
      const got = await this.ask(t.low, need, true);
      if (!got) return;
      t.add(got);
      if (got.done) break;
    }
    this.replace(t, end, known && t.low <= this.high);
    this.changed();
  }

  // replace makes what was fetched from the end the window, or joins it to the
  // window, if nothing is missing in between.
  private replace(t: Tail, end: number, joined: boolean): void {
    let fresh = t.parts.flat();
    if (joined) fresh = fresh.filter((e) => (e.seq ?? 0) >= this.high);
    else {
      this.rows = [];
      this.low = Math.max(t.low, this.begin);
      this.anchor = { row: 0, line: 0, px: 0 };
    }
    this.high = end;
    this.join({ events: fresh, oldest: this.oldest, next: this.next, scanned_to: end, done: true }, false);
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
    const lines: Line[] = [];
    const want = Math.ceil((this.pixels + this.anchor.px) / this.rowHeight);
    let { row, line } = this.anchor;
    while (row < this.rows.length && lines.length < want) {
      const r = this.rows[row]!;
      const height = r.height(this.view);
      for (; line < height && lines.length < want; line++) lines.push(r.line(this.view, line));
      line = 0;
      row++;
    }
    this.lines = lines;
    this.shift = this.anchor.px;
    this.tellPlace(lines);
    this.loadMore(row);
  }

  // settleAnchor makes the anchor a line and less than a line of pixels, and keeps
  // the screen within the rows.
  private settleAnchor(view: View): void {
    const a = this.anchor;
    if (this.following) this.bottom(view);
    else {
      this.normalize(view);
      const complete = this.high >= this.end;
      if (complete && this.below(view) < this.pixels) {
        this.bottom(view);
        if (!this.paused) this.following = true;
      }
    }
    a.row = Math.max(0, Math.min(a.row, Math.max(0, this.rows.length - 1)));
  }

  private normalize(view: View): void {
    const a = this.anchor;
    let move = Math.floor(a.px / this.rowHeight);
    a.px -= move * this.rowHeight;
    while (move !== 0) {
      const height = this.rows[a.row]?.height(view) ?? 0;
      if (move > 0) {
        const step = Math.min(move, height - a.line);
        a.line += step;
        move -= step;
        if (a.line >= height) {
          if (a.row >= this.rows.length - 1) {
            a.line = Math.max(0, height - 1);
            a.px = 0;
            return;
          }
          a.row++;
          a.line = 0;
        }
      } else if (a.line > 0) {
        const step = Math.min(-move, a.line);
        a.line -= step;
        move += step;
      } else if (a.row > 0) {
        a.row--;
        a.line = this.rows[a.row]!.height(view);
      } else {
        a.px = 0;
        return;
      }
    }
  }

  // below is how many pixels of lines there are from the anchor on, or at least as
  // many as the screen has.
  private below(view: View): number {
    let px = -this.anchor.px - this.anchor.line * this.rowHeight;
    for (let i = this.anchor.row; i < this.rows.length && px < this.pixels; i++) px += this.rows[i]!.height(view) * this.rowHeight;
    return px;
  }

  private bottom(view: View): void {
    let lines = this.screen;
    let row = this.rows.length;
    while (row > 0 && lines > 0) lines -= this.rows[--row]!.height(view);
    const over = Math.max(0, -lines);
    this.anchor = { row, line: Math.floor(over), px: Math.round((over - Math.floor(over)) * this.rowHeight) };
  }

  private tellPlace(lines: Line[]): void {
    const all = Math.max(1, this.end - this.begin);
    const first = lines[0]?.row.seq ?? this.begin;
    const last = lines.at(-1)?.row.seq ?? this.end;
    const whole = this.low <= this.begin && this.high >= this.end && lines.length > 0 && lines[0]!.row === this.rows[0] && lines.length < this.screen;
    this.place = whole || lines.length === 0 ? { top: 0, size: 1 } : { top: (first - this.begin) / all, size: Math.min(1, (last - first + 1) / all) };
    if (this.following) this.waiting = 0;
    else this.waiting = Math.max(0, this.next - Math.max(last + 1, this.begin));
  }

  // loadMore asks for rows when the screen comes near an end of what is loaded.
  private loadMore(endRow: number): void {
    if (this.busy || !this.view) return;
    if (this.following && this.high < this.end) return void this.tail(); // more came while the last request was under way
    if (this.high === this.low) return;
    if (this.anchor.row < near && this.low > this.begin) void this.more(this.low, true);
    else if (!this.following && this.rows.length - endRow < near && this.high < this.end) void this.more(this.high, false);
  }

  private async more(from: number, back: boolean): Promise<void> {
    const got = await this.ask(from, batch, back);
    if (!got) return;
    this.join(got, back);
    this.changed();
  }
}

// Tail is what was fetched going back from the end.
class Tail {
  parts: Events['events'][] = [];
  rows = 0;
  constructor(public low: number) {}

  add(got: Events): void {
    this.parts.unshift(got.events ?? []);
    this.rows += got.events?.length ?? 0;
    this.low = got.done ? got.oldest : Math.min(this.low, got.scanned_to);
  }
}
