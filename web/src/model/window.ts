// The rows that are loaded: all matching events from low up to but without high,
// and after them, if they reach the end, what no event has ended yet.

import type { Events } from '../api-types';
import { Row } from './row';

const keep = 1200; // rows that are kept at most

export class Window {
  rows: Row[] = [];
  low = 1;
  high = 1;

  /** Something was looked at already. */
  get known(): boolean {
    return this.high > this.low;
  }

  /** Holds nothing, from a place on. */
  empty(at: number): void {
    this.rows = [];
    this.low = this.high = at;
  }

  /** The index of the first row with this number or a later one. */
  find(seq: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.rows[mid]!.seq < seq) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  at(seq: number): Row | undefined {
    const row = this.rows[this.find(seq)];
    return row?.seq === seq ? row : undefined;
  }

  /** Adds what was asked for before the window, and says how many rows that is. */
  addFront(got: Events, begin: number): number {
    const fresh = rowsOf(got, begin);
    this.rows = fresh.concat(this.rows);
    this.low = got.done ? begin : got.scanned_to;
    this.chain(0, Math.min(this.rows.length, fresh.length + 100));
    return fresh.length;
  }

  /** Adds what was asked for after it. */
  addBack(got: Events, begin: number): void {
    this.dropOpen();
    const at = this.rows.length;
    const open = got.done ? (got.cut?.open ?? []) : [];
    const end = Math.max(got.scanned_to, this.high);
    this.rows = this.rows.concat(
      rowsOf(got, begin),
      open.map((e, i) => new Row(e, end - 0.5 + i / 1000)),
    );
    this.high = end;
    this.chain(at, this.rows.length);
  }

  /** The rows at the front, or the back, of the window that may begin in the middle of a character: a few, each once. */
  orphans(count: number): Row[] {
    const from = count < 0 ? Math.max(0, this.rows.length + count) : 0;
    const found = this.rows.slice(from, from + Math.abs(count)).filter((r) => r.stream !== '' && r.contents[0]!.isCut && !this.asked.has(r.event));
    const few = found.slice(0, 4);
    for (const r of few) this.asked.add(r.event);
    return few;
  }

  private readonly asked = new WeakSet<object>();

  private dropOpen(): void {
    let n = this.rows.length;
    while (n > 0 && this.rows[n - 1]!.isOpen) n--;
    if (n < this.rows.length) this.rows = this.rows.slice(0, n);
  }

  // chain links rows from start up to end with the ones of their stream before them.
  private chain(start: number, end: number): void {
    const last = new Map<string, Row>();
    const changed = new Set<string>(); // streams of which a row may now begin elsewhere in a character
    for (let i = Math.max(0, start - 100); i < end; i++) {
      const row = this.rows[i]!;
      row.above = this.rows[i - 1]?.event.time;
      if (row.stream === '') continue;
      const before = last.get(row.stream)?.contents[0];
      const content = row.contents[0]!;
      if (before && ((i >= start && before !== content.before) || changed.has(row.stream))) {
        content.setBefore(before);
        changed.add(row.stream);
      }
      last.set(row.stream, row);
    }
  }

  /** Forgets what is too much before the first row that is needed, and says how many rows that is. */
  trimFront(needed: number): number {
    const extra = Math.min(this.rows.length - keep, needed);
    const first = this.rows[extra];
    if (extra <= 0 || !first) return 0;
    this.rows = this.rows.slice(extra);
    this.low = first.seq;
    if (first.contents[0]) first.contents[0].before = undefined;
    return extra;
  }

  /** Forgets what is too much after the last row that is needed. */
  trimBack(needed: number): void {
    const end = Math.max(keep, needed);
    const first = this.rows[end];
    if (!first) return;
    this.rows = this.rows.slice(0, end);
    this.high = Math.ceil(first.seq);
  }
}

const rowsOf = (got: Events, begin: number): Row[] => (got.events ?? []).map((e) => new Row(e)).filter((r) => r.seq >= begin);

/** What was fetched going back from the end. */
export class Tail {
  private parts: Events[] = [];
  rows = 0;
  constructor(public low: number) {}

  add(got: Events): void {
    this.parts.unshift(got);
    this.rows += got.events?.length ?? 0;
    this.low = got.done ? got.oldest : Math.min(this.low, got.scanned_to);
  }

  /** All of it from a number up to the end, as if it was one window. */
  whole(from: number, end: number): Events {
    const last = this.parts.at(-1) ?? { oldest: from, next: end };
    const events = this.parts.flatMap((p) => p.events ?? []).filter((e) => (e.seq ?? 0) >= from);
    return { ...last, events, scanned_to: end, done: true };
  }
}
