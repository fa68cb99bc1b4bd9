// The rows that are loaded: all matching events from low up to but without high,
// and after them, if they reach the end, what no event has ended yet.

import type { Events } from '../api-types';
import type { Charset, ViewCharset } from '../format/text';
import type { Content } from './content';
import { Row } from './row';

const keep = 1200; // rows that are kept at most

export class Window {
  rows: Row[] = [];
  low = 1;
  high = 1;

  private readonly left = new Map<string, Charset>(); // what was chosen for streams whose rows left the front

  /** Something was looked at already. */
  get known(): boolean {
    return this.high > this.low;
  }

  /** Holds nothing, from a place on. */
  empty(at: number): void {
    this.rows = [];
    this.low = this.high = at;
    this.left.clear();
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
    this.chain(0, this.rows.length);
    return fresh.length;
  }

  /** Adds what was asked for after it. */
  addBack(got: Events, begin: number): void {
    this.dropOpen();
    const at = this.rows.length;
    const before = this.rows.at(-1);
    const open = got.done ? (got.cut?.open ?? []) : [];
    const end = Math.max(got.scanned_to, this.high);
    this.rows = this.rows.concat(
      rowsOf(got, begin, before),
      open.map((e, i) => new Row(e, end - 0.5 + i / 1000)),
    );
    this.high = end;
    this.chain(at, this.rows.length);
  }

  /** The rows at the front, or the back, of the window that need what was before them: a few, each once. */
  orphans(count: number, charset: ViewCharset): Row[] {
    const from = count < 0 ? Math.max(0, this.rows.length + count) : 0;
    const found = this.rows.slice(from, from + Math.abs(count)).filter((r) => r.contents[0]?.frame === undefined && r.contents[0]?.isCut(charset) && !this.asked.has(r.event));
    const few = found.slice(0, 4);
    for (const r of few) this.asked.add(r.event);
    return few;
  }

  private readonly asked = new WeakSet<object>();

  /** What was before a row has come. */
  adopt(row: Row, before: Content): void {
    const first = row.contents[0]!;
    const stream = row.streamOf(first);
    first.setBefore(before);
    for (let i = this.find(row.seq) + 1; i < this.rows.length; i++) {
      for (const c of this.rows[i]!.contents) if (c.before && this.rows[i]!.streamOf(c) === stream) c.setBefore(c.before);
    }
  }

  private dropOpen(): void {
    let n = this.rows.length;
    while (n > 0 && this.rows[n - 1]!.isOpen) n--;
    if (n < this.rows.length) this.rows = this.rows.slice(0, n);
  }

  // chain links rows from start up to end with the ones of their stream before them.
  private chain(start: number, end: number): void {
    const last = new Map<string, Content>();
    const changed = new Set<string>(); // streams of which a row may now be shown otherwise
    for (let i = 0; i < end; i++) {
      const row = this.rows[i]!;
      if (i >= start - 100) row.above = this.rows[i - 1]?.event.time;
      for (const content of row.contents) {
        const stream = row.streamOf(content);
        const before = last.get(stream);
        if (before && ((i >= start && before !== content.before) || changed.has(stream))) {
          content.setBefore(before);
          changed.add(stream);
        } else if (!before && i >= start) content.inherited ??= this.left.get(stream);
        last.set(stream, content);
      }
    }
  }

  /** Forgets what is too much before the first row that is needed, and says how many rows that is. */
  trimFront(needed: number, charset: ViewCharset): number {
    const extra = Math.min(this.rows.length - keep, needed);
    const first = this.rows[extra];
    if (extra <= 0 || !first) return 0;
    const gone = new Map<string, Content>();
    for (const row of this.rows.slice(0, extra)) for (const c of row.contents) gone.set(row.streamOf(c), c);
    this.rows = this.rows.slice(extra);
    this.low = first.seq;
    this.leave(gone, charset);
    return extra;
  }

  // leave keeps what was chosen for the streams of the rows that left, and no more of them.
  private leave(gone: Map<string, Content>, charset: ViewCharset): void {
    const last = new Set(gone.values());
    for (const row of this.rows) for (const c of row.contents) if (c.before && last.has(c.before)) c.leave(charset);
    if (charset !== 'auto') return;
    if (this.left.size > keep) this.left.clear();
    for (const [stream, c] of gone) {
      const chosen = c.shownIn(charset);
      if (chosen) this.left.set(stream, chosen);
    }
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

// rowsOf makes rows of events, which come after the row before them.
function rowsOf(got: Events, begin: number, before?: Row): Row[] {
  const rows: Row[] = [];
  for (const e of got.events ?? []) {
    if ((e.seq ?? 0) >= begin && !(rows.at(-1) ?? before)?.takes(e)) rows.push(new Row(e));
  }
  return rows;
}

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
