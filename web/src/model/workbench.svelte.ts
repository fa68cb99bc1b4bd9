// What runs in the core, as far as this page has heard: sessions, peers, the
// recording. The core owns all of it; the page asks and follows.

import { SvelteMap } from 'svelte/reactivity';
import type { ErrorLine, Events, Live, Machine, Peer, ReceiveFile, Recording, Session, Sharing } from '../api-types';
import { call, failureOf, query } from '../link/api';
import { follow } from '../link/live';
import { comments } from './comments.svelte';

/** A peer that has left. */
export interface Departed {
  id: number;
  remote: string;
  alias: string;
}

const mostDeparted = 200; // of a session, the latest

class Workbench {
  machine = $state.raw<Machine>();
  sessions = new SvelteMap<string, Session>();
  /** Peers by session, in the order they joined. */
  peers = new SvelteMap<string, Map<number, Peer>>();
  recording = $state.raw<Recording>({ state: 'off', path: '', events: 0, bytes: 0, lost: { events: 0, bytes: 0 } });
  /** Whether others may look, and who does. */
  sharing = $state.raw<Sharing>({ on: false });
  /** This page may only look. */
  viewer = $state(false);
  /** The oldest event the core still has, and the number the next one gets. */
  oldest = $state(1);
  next = $state(1);
  linked = $state(false);
  ready = $state(false);
  /** The core has said that it ends. */
  ended = $state(false);
  /** The credential is no longer good: the core was started again. */
  locked = $state(false);
  /** It was followed before and is another one now, which asks for a key of its own. */
  restarted = $state(false);
  /** Something that no form shows. */
  failure = $state.raw<ErrorLine>();

  /** Peers that have left, by session, as far as this page knows of them. */
  departed = new SvelteMap<string, Map<number, Departed>>();

  /** Who belongs together in a relay: those at the other side of a peer, by its number. Some have left. */
  private pairs = new SvelteMap<number, readonly number[]>();

  private following = new AbortController();

  /** What is shown is as it was: the core has ended, or does not answer. */
  get lost(): boolean {
    return this.ready && !this.linked;
  }

  /** Follows the core from now on; anew, when the language of its texts is another. */
  async start(): Promise<void> {
    this.following.abort();
    const { signal } = (this.following = new AbortController());
    void follow(this, signal);
    const machine = await call<Machine>('GET', '/machine', undefined, signal).catch((e: unknown) => {
      if (!signal.aborted) this.failure = failureOf(e);
      return undefined;
    });
    if (machine) this.machine = machine;
  }

  /** Follows the core no more, until the next start. */
  halt(): void {
    this.following.abort();
  }

  /** Knows nothing any more: the next core has sessions and events of its own. */
  forgetAll(): void {
    this.following.abort();
    for (const known of [this.sessions, this.peers, this.departed, this.pairs, comments]) known.clear();
    this.oldest = this.next = 1;
    this.failure = undefined;
    this.linked = this.ready = this.ended = this.restarted = false;
  }

  async onBegin(signal: AbortSignal): Promise<void> {
    const { sessions } = await call<{ sessions: Session[] | null }>('GET', '/sessions');
    const lists = await Promise.all(
      (sessions ?? []).map(async (s) => {
        const { peers } = await call<{ peers: Peer[] | null }>('GET', `/sessions/${s.id}/peers`);
        return [s, new Map((peers ?? []).map((p) => [p.id, p]))] as const;
      }),
    );
    if (signal.aborted) return;
    this.sessions.clear();
    this.peers.clear();
    comments.clear();
    for (const [s, peers] of lists) {
      this.sessions.set(s.id, s);
      this.peers.set(s.id, peers);
      for (const p of peers.values()) this.pair(p.id, p.pair?.id);
    }
    this.ended = false;
    this.linked = this.ready = true;
  }

  onLine(l: Live): void {
    this.oldest = l.oldest;
    this.next = l.next;
    if (l.ended) this.ended = true;
    if (l.recording) this.recording = l.recording;
    if (l.sharing) this.sharing = l.sharing;
    for (const s of l.sessions ?? []) this.sessions.set(s.id, s);
    for (const id of l.closed ?? []) this.forget(id);
    this.applyPeers(l.peers ?? []);
    comments.apply(l.comments ?? []);
  }

  onEnd(why: unknown): void {
    this.linked = false;
    if (!why || failureStatus(why) !== 401) return;
    this.locked = true;
    this.restarted ||= this.ready;
  }

  private applyPeers(changed: Peer[]): void {
    const touched = new Map<string, Map<number, Peer>>();
    for (const p of changed) {
      let of = touched.get(p.session);
      if (!of) {
        of = new Map(this.peers.get(p.session));
        touched.set(p.session, of);
      }
      if (p.state === 'gone') this.leaves(of, p);
      else of.set(p.id, p);
      this.pair(p.id, p.pair?.id);
    }
    for (const [session, peers] of touched) this.peers.set(session, peers);
  }

  private leaves(of: Map<number, Peer>, p: Peer): void {
    const was = of.get(p.id);
    of.delete(p.id);
    if (was) this.remember(p.session, [{ id: p.id, remote: was.remote, alias: p.alias || was.alias }]);
  }

  private pair(peer: number, other: number | undefined): void {
    const known = this.pairs.get(peer) ?? [];
    if (other && !known.includes(other)) this.pairs.set(peer, [...known, other]);
  }

  /** Those at the other side of a relay that a peer belongs to: mostly one. */
  pairsOf(peer: number): readonly number[] {
    return this.pairs.get(peer) ?? [];
  }

  private remember(session: string, gone: Departed[]): void {
    const all = new Map(this.departed.get(session));
    for (const p of gone) all.set(p.id, p);
    this.departed.set(session, new Map([...all].sort(([a], [b]) => a - b).slice(-mostDeparted)));
  }

  /** Looks in the record for peers that joined and are not there any more. */
  async recall(session: string): Promise<void> {
    const asked = query({ session, kind: 'joined', limit: mostDeparted, back: true });
    const { events } = await call<Events>('GET', `/events${asked}`);
    const there = this.peers.get(session);
    const gone = events.filter((e) => e.peer && e.peer_id && !there?.has(e.peer_id));
    this.remember(session, gone.map((e) => ({ id: e.peer_id!, remote: e.peer!, alias: this.departed.get(session)?.get(e.peer_id!)?.alias || (e.alias ?? '') })));
  }

  /** Looks in the record for the pairs of a relay whose peers have left. */
  async recallPairs(session: string, shared: boolean): Promise<void> {
    const { events } = await call<Events>('GET', `/events${query({ session, kind: 'paired', limit: mostDeparted, back: true })}`);
    for (const e of events) {
      this.pair(e.peer_id ?? 0, e.pair?.id);
      if (!shared && e.pair) this.pair(e.pair.id, e.peer_id);
    }
  }

  /** Peers that left a session and that rows may still be of, in the order they joined. */
  departedOf(session: string): Departed[] {
    return [...(this.departed.get(session)?.values() ?? [])];
  }

  peersOf(session: string): Peer[] {
    return [...(this.peers.get(session)?.values() ?? [])];
  }

  async open(body: unknown): Promise<Session> {
    const s = await call<Session>('POST', '/sessions', body);
    this.adopt([s]);
    return s;
  }

  /** Takes over sessions that a request has opened. The feed may have told more of them since. */
  adopt(opened: readonly Session[]): void {
    for (const s of opened) if (!this.sessions.has(s.id)) this.sessions.set(s.id, s);
  }

  async close(id: string): Promise<void> {
    await call('DELETE', `/sessions/${id}`);
  }

  /** Makes a peer of an address that a UDP session is to send to. */
  async reach(id: string, address: string): Promise<Peer> {
    const p = await call<Peer>('POST', `/sessions/${id}/peers`, { address });
    this.applyPeers([p]);
    return p;
  }

  /** Chooses the peers that a session is sent to; none is all of them. */
  async choose(id: string, peers: number[]): Promise<void> {
    const before = this.sessions.get(id);
    if (before) this.sessions.set(id, { ...before, recipients: peers }); // seen at once
    const { recipients } = await call<Session>('PUT', `/sessions/${id}/recipients`, { peers });
    const now = this.sessions.get(id); // the feed may have told more since
    if (now) this.sessions.set(id, { ...now, recipients: recipients ?? [] });
  }

  /** Begins or ends writing what a session receives, of one peer or of all, to a file. */
  async receiveTo(id: string, on: boolean, peer: number): Promise<void> {
    const file = await call<ReceiveFile>('PUT', `/sessions/${id}/file`, on && peer > 0 ? { on, peer } : { on });
    const s = this.sessions.get(id);
    if (s) this.sessions.set(id, { ...s, file });
  }

  forget(id: string): void {
    this.sessions.delete(id);
    this.peers.delete(id);
    this.departed.delete(id);
  }

  /** Runs something that no form shows the failure of. */
  async attempt(what: () => Promise<unknown>): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (e) {
      this.failure = failureOf(e);
      return false;
    }
  }
}

const failureStatus = (e: unknown): number => (e as { status?: number }).status ?? 0;

export const workbench = new Workbench();
