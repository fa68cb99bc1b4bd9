// What people wrote on events: comments, of which a bookmark is one that says nothing.

import { SvelteMap } from 'svelte/reactivity';
import type { EventComment } from '../api-types';

/** The text of a bookmark. */
export const bookmark = '★';

class Comments {
  /** Goes up with each change. */
  revision = $state(0);

  /** By session, and the number of the event. */
  private of = new SvelteMap<string, ReadonlyMap<number, EventComment>>();

  /** Knows nothing any more: the feed tells all there are. */
  clear(): void {
    this.of.clear();
  }

  apply(changed: readonly EventComment[]): void {
    const touched = new Map<string, Map<number, EventComment>>();
    for (const c of changed) {
      const now = touched.get(c.session) ?? new Map(this.of.get(c.session));
      touched.set(c.session, now);
      if (c.text === '') now.delete(c.seq);
      else now.set(c.seq, c);
    }
    for (const [session, now] of touched) this.of.set(session, now);
    if (touched.size > 0) this.revision++;
  }

  /** The comment on an event; '' if it has none. */
  at(session: string | undefined, seq: number | undefined): string {
    return this.of.get(session ?? '')?.get(seq ?? 0)?.text ?? '';
  }

  /** The first comment on any of some events; empty if there is none. */
  on(list: readonly { session?: string; seq?: number }[]): string {
    for (const e of list) {
      const text = this.at(e.session, e.seq);
      if (text) return text;
    }
    return '';
  }

  /** Those of sessions, with commas between, that can be read, in the order of the events. */
  list(sessions: string, oldest: number): EventComment[] {
    return sessions
      .split(',')
      .flatMap((s) => [...(this.of.get(s)?.values() ?? [])])
      .filter((c) => c.seq >= oldest)
      .sort((a, b) => a.seq - b.seq);
  }
}

export const comments = new Comments();
