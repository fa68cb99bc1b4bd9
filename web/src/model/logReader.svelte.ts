// Reading the journal for the log: which rows around the screen are loaded, and asking for
// more of them, one request at a time.

import type { ErrorLine, Events } from '../api-types';
import { failureOf } from '../link/api';
import { events, type Filter } from '../link/events';
import type { Anchor } from './anchor';
import type { View } from './content';
import { Row } from './row';
import { Tail, Window } from './window';

const batch = 200; // rows asked for at a time
const near = 80; // lines that are loaded beyond the screen, at least
const pause = 150; // ms until a request is tried again that had to wait

/** What the reader has to know of the screen that it reads for. */
export interface Screen {
  /** How things look; undefined before they do. */
  readonly view: View | undefined;
  /** How many lines fit. */
  readonly height: number;
  /** The newest is shown as it comes. */
  readonly following: boolean;
  /** The first line on the screen; the reader moves it with the rows. */
  anchor: Anchor;
  /** Other rows are loaded. */
  changed(): void;
}

/** It belongs to one log. What it shows, it shows when the screen is drawn next. */
export class LogReader {
  loading = $state(false);
  failure = $state.raw<ErrorLine>();
  /** How the streams are cut, if frames are shown; with progress below 1, it is still being found out. */
  cut = $state.raw<{ from: number; progress: number; leftOut: number }>();

  readonly window = new Window();
  /** The event that comes next, of all sessions. */
  next = 1;
  /** Nothing before is shown: the view was cleared there. */
  floor = 1;
  /** Nothing from here on is shown: the display is paused. */
  ceiling = Infinity;
  filter: Filter = {};
  off = true; // nothing is selected

  private oldest = 1;
  private generation = 0;
  private busy = false;
  private wanted: number | undefined; // jump there when the request under way is done
  private due = 0; // a timer: a pause will be over

  constructor(private readonly screen: Screen) {}

  get begin(): number {
    return Math.max(this.oldest, this.floor);
  }

  get end(): number {
    return Math.min(this.next, this.ceiling);
  }

  /** Other events are meant; without a filter, none at all. */
  select(filter: Filter | undefined, floor: number): void {
    this.off = filter === undefined;
    this.filter = filter ?? {};
    this.floor = floor;
    this.ceiling = Infinity;
    this.cut = undefined;
    this.failure = undefined;
  }

  /** The heads of the journal have moved. Says whether it is another core's. */
  setHeads(oldest: number, next: number): boolean {
    const before = this.next;
    this.oldest = oldest;
    this.next = next;
    return next < before;
  }

  /** What is under way is of no use any more. */
  abandon(): void {
    this.generation++;
    this.busy = false;
  }

  /** Forgets all rows; those that are read next are at this number. */
  reset(at: number): void {
    this.abandon();
    clearTimeout(this.due);
    this.empty(at);
    this.screen.changed();
    if (this.screen.following) void this.tail();
  }

  private empty(at: number): void {
    this.window.empty(at);
    this.screen.anchor = { row: 0, line: 0, px: 0 };
  }

  /** Goes to the rows from a number on. */
  jump(seq: number): void {
    const { window } = this;
    if (seq >= window.low && seq <= window.high && window.rows.length > 0) {
      this.screen.anchor = { row: window.find(seq), line: 0, px: 0 };
      this.screen.changed();
      return;
    }
    this.wanted = seq;
    if (!this.busy) void this.load(seq);
  }

  /** Replaces the window by the rows around a number. */
  async load(seq: number): Promise<void> {
    this.wanted = undefined;
    const got = await this.ask(seq, batch, false);
    if (!got) return;
    this.empty(seq);
    this.join(got, false);
    this.screen.changed();
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
    const { window } = this;
    const { anchor, view } = this.screen;
    if (back) {
      const count = window.addFront(got, this.begin);
      anchor.row += count;
      window.trimBack(anchor.row + near);
      void this.loadCharacterStarts(count);
      return;
    }
    window.addBack(got, this.begin);
    void this.loadCharacterStarts(-(got.events?.length ?? 0));
    anchor.row -= window.trimFront(anchor.row, view?.charset ?? 'utf-8');
    clearTimeout(this.due);
    if (got.cut?.due_ms) this.due = setTimeout(() => void this.readDueFrames(), got.cut.due_ms + 1);
  }

  // loadCharacterStarts loads what begins a character whose end is the beginning of a row,
  // and for "auto" a few messages more, by which the charset was chosen.
  private async loadCharacterStarts(count: number): Promise<void> {
    const { view } = this.screen;
    const charset = view?.charset ?? 'latin-1';
    if (charset === 'latin-1' || (charset !== 'auto' && view?.look !== 'text')) return;
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
      this.screen.changed();
    }
  }

  // readDueFrames reads what has become a frame without an event.
  private async readDueFrames(): Promise<void> {
    if (this.ceiling < Infinity || this.window.high < this.next) return; // another request sees it
    if (this.busy) this.due = setTimeout(() => void this.readDueFrames(), pause);
    else await this.more(this.window.high, false);
  }

  /**
   * Brings the newest rows. What lies between them and the window is not fetched if it is
   * more than the screen shows: scrolling up loads it.
   */
  async tail(): Promise<void> {
    if (this.busy || this.off || !this.screen.view) return;
    const { end, window } = this;
    const known = window.known;
    if (known && window.high >= end) return this.screen.changed();
    const need = Math.ceil(this.screen.height) + 10;
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
    this.screen.changed();
  }

  // replace makes what was fetched from the end the window, or joins it to the
  // window, if nothing is missing in between.
  private replace(t: Tail, end: number, joined: boolean): void {
    const { window } = this;
    if (!joined) this.empty(Math.max(t.low, this.begin));
    this.join(t.whole(window.high, end), false);
  }

  /** Asks for rows when the screen, which ends at this row, comes near an end of what is loaded. */
  loadMore(endRow: number): void {
    if (this.busy || !this.screen.view) return;
    if (this.screen.following && this.window.high < this.end) return void this.tail(); // more came while the last request was under way
    if (this.window.high === this.window.low) return;
    if (this.screen.anchor.row < near && this.window.low > this.begin) void this.more(this.window.low, true);
    else if (!this.screen.following && this.window.rows.length - endRow < near && this.window.high < this.end) void this.more(this.window.high, false);
  }

  private async more(from: number, back: boolean, limit = batch): Promise<void> {
    const got = await this.ask(from, limit, back);
    if (!got) return;
    this.join(got, back);
    this.screen.changed();
  }
}
