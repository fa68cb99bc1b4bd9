// The latest message of each peer of a session, read from the record while somebody looks.

import { SvelteMap } from 'svelte/reactivity';
import type { EventLine, Peer } from '../api-types';
import { fromBase64 } from '../format/bytes';
import { events } from '../link/events';

export interface LastMessage {
  seq: number;
  time: string;
  sent: boolean;
  /** Its beginning. */
  data: Uint8Array;
}

const window = 200; // of the latest events of the session, in which most peers are found
const alone = 8; // peers that are asked for by themselves in one round
const kept = 96; // bytes of a message

export class LastMessages {
  /** By the number of the peer. */
  readonly of = new SvelteMap<number, LastMessage>();
  private readonly silent = new Set<number>(); // no message of theirs is in the record
  private upTo = 0; // events before this one were looked at

  constructor(private readonly session: string) {}

  /** Reads what has come since, and for a few of the peers whose latest message is older, that one. */
  async refresh(peers: readonly Peer[]): Promise<void> {
    const got = await events({ session: this.session }, 0, window, true);
    for (const e of got.events) this.add(e);
    this.upTo = got.next;
    const missing = peers.filter((p) => !this.of.has(p.id) && !this.silent.has(p.id) && p.received_messages + p.sent_messages > 0).slice(0, alone);
    for (const p of missing) {
      const one = await events({ session: this.session, peer: p.id }, this.upTo, 20, true);
      const found = one.events.findLast((e) => e.data !== undefined);
      if (found) this.add(found);
      else if (one.done) this.silent.add(p.id);
    }
  }

  private add(e: EventLine): void {
    if (!e.peer_id || e.data === undefined || (e.kind !== 'received' && e.kind !== 'sent')) return;
    this.silent.delete(e.peer_id);
    if ((this.of.get(e.peer_id)?.seq ?? 0) >= (e.seq ?? 0)) return;
    this.of.set(e.peer_id, { seq: e.seq ?? 0, time: e.time, sent: e.kind === 'sent', data: fromBase64(e.data).slice(0, kept) });
  }
}
