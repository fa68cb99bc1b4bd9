// What people wrote on events: comments, of which a bookmark is one that says nothing.

import { SvelteMap } from 'svelte/reactivity';
import type { Commented, EventComment } from '../api-types';
import { call, query } from '../link/api';
import { ui } from './ui.svelte';
import { t } from '../i18n/i18n.svelte';

/** The text of a bookmark. */
export const bookmark = '★';

/** How many characters a comment has at most. */
export const longestComment = 500;

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

  /** Those of sessions, with commas between, that can be read, in the order of the events. */
  list(sessions: string, oldest: number): EventComment[] {
    return sessions
      .split(',')
      .flatMap((s) => [...(this.of.get(s)?.values() ?? [])])
      .filter((c) => c.seq >= oldest)
      .sort((a, b) => a.seq - b.seq);
  }

  /** Writes a comment; without text it is taken away. The core says why not. */
  async set(session: string, seq: number, text: string): Promise<void> {
    const made = await call<Commented>('PUT', `/events/${seq}/comment` + query({ session }), { text });
    const { why } = made;
    if (why) ui.say(() => [why.message, why.hint].filter(Boolean).join(' — '));
    else if (made.text !== '') ui.say(() => t(made.kept === 'recording' ? 'commentRecorded' : 'commentInMemory'));
  }
}

export const comments = new Comments();

/** The comment after an event, or before it; around the ends it goes on at the other one. */
export function beside(list: readonly EventComment[], seq: number, by: 1 | -1): EventComment | undefined {
  return by > 0 ? (list.find((c) => c.seq > seq) ?? list[0]) : (list.findLast((c) => c.seq < (seq || Infinity)) ?? list.at(-1));
}
