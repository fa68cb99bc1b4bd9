// Where in the record a pattern is found: the numbers of the events, in order. They are
// looked for by the core a part at a time, and looked for on as the record grows.

import type { ErrorLine } from '../api-types';
import { failureOf } from '../link/api';
import { events, type Filter } from '../link/events';

const batch = 200; // events of one request
export const mostMatches = 5000;

export class Matches {
  /** The numbers of the events, ascending. A new array for every change. */
  found = $state.raw<readonly number[]>([]);
  /** There are more than are kept. */
  more = $state(false);
  /** All there is was looked at. */
  done = $state(false);
  failure = $state.raw<ErrorLine>();

  // Of each filter the first event that was not looked at.
  private readonly parts: { filter: Filter; next: number }[];
  private looking: Promise<void> | undefined;
  private ended = false;

  /**
   * The pattern of any of the filters is meant: a text has other bytes in other charsets. Of
   * more matches than are kept these are the first ones, and the search ends there; or the
   * latest ones, and it goes on.
   */
  constructor(
    private readonly kept: 'first' | 'latest',
    ...filters: Filter[]
  ) {
    this.parts = filters.map((filter) => ({ filter, next: 0 }));
  }

  /** Looks on, from a number at the beginning, up to the end of the record; who calls it meanwhile waits for the same. */
  lookOn(from: number): Promise<void> {
    if (this.more || this.ended) return Promise.resolve();
    return (this.looking ??= this.look(from).finally(() => (this.looking = undefined)));
  }

  private async look(from: number): Promise<void> {
    try {
      for (const part of this.parts) {
        part.next = Math.max(part.next, from);
        for (let going = true; going && !this.ended && !this.more; ) going = await this.lookAtPart(part);
      }
      if (!this.ended) this.done = true;
    } catch (e) {
      this.failure = failureOf(e);
      this.end();
    }
  }

  private async lookAtPart(part: { filter: Filter; next: number }): Promise<boolean> {
    const got = await events(part.filter, part.next, batch, false);
    if (this.ended) return false;
    const fresh = got.events.map((e) => e.seq ?? 0);
    if (fresh.length > 0) this.found = [...new Set([...this.found, ...fresh])].sort((a, b) => a - b).slice(...(this.kept === 'first' ? [0, mostMatches] : [-mostMatches]));
    this.more = this.kept === 'first' && this.found.length >= mostMatches;
    const stuck = got.scanned_to <= part.next;
    part.next = Math.max(part.next, got.scanned_to);
    return !got.done && !stuck;
  }

  /** Looks no further. */
  end(): void {
    this.ended = true;
  }

  /** Which of them an event is, from 1; 0 is none. */
  numberOf(seq: number): number {
    const at = indexFrom(this.found, seq);
    return this.found[at] === seq ? at + 1 : 0;
  }

  /** The next one after an event, or the one before it, around the end to the other; undefined if there is none. */
  beside(seq: number, back: boolean): number | undefined {
    const { found } = this;
    const at = indexFrom(found, seq);
    if (back) return seq === 0 ? found.at(-1) : (found[at - 1] ?? found.at(-1));
    return (found[at] === seq ? found[at + 1] : found[at]) ?? found[0];
  }
}

// indexFrom is the index of the first that is not below a number.
function indexFrom(found: readonly number[], seq: number): number {
  let low = 0;
  let high = found.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (found[mid]! < seq) low = mid + 1;
    else high = mid;
  }
  return low;
}
