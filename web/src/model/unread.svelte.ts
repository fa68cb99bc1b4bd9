// Which peers have sent something that nobody has seen: it came while another tab was
// shown, or while the log did not show its newest rows or not this peer.

import { SvelteMap } from 'svelte/reactivity';
import type { Peer } from '../api-types';

class Unread {
  private readonly seen = new SvelteMap<string, number>(); // messages, by peer

  /** What these peers have sent up to now has been seen. */
  see(peers: readonly Peer[]): void {
    for (const p of peers) if (this.seen.get(keyOf(p)) !== p.received_messages) this.seen.set(keyOf(p), p.received_messages);
  }

  /** How many messages of a peer are unseen. */
  of(p: Peer): number {
    return Math.max(0, p.received_messages - (this.seen.get(keyOf(p)) ?? 0));
  }
}

const keyOf = (p: Peer): string => `${p.session} ${p.id} ${p.since}`;

export const unread = new Unread();
