// What runs in the core, as far as this page has heard: sessions, peers, the
// recording. The core owns all of it; the page asks and follows.

import { SvelteMap } from 'svelte/reactivity';
import type { ErrorLine, Live, Machine, Peer, ReceiveFile, Recording, Session } from '../api-types';
import { call, failureOf } from '../link/api';
import { follow } from '../link/live';

class Workbench {
  machine = $state.raw<Machine>();
  sessions = new SvelteMap<string, Session>();
  /** Peers by session, in the order they joined. */
  peers = new SvelteMap<string, Map<number, Peer>>();
  recording = $state.raw<Recording>({ state: 'off', path: '', events: 0, bytes: 0, lost: { events: 0, bytes: 0 } });
  /** The oldest event the core still has, and the number the next one gets. */
  oldest = $state(1);
  next = $state(1);
  linked = $state(false);
  ready = $state(false);
  /** The credential is no longer good: the core was started again. */
  locked = $state(false);
  /** Something that no form shows. */
  failure = $state.raw<ErrorLine>();

  private stop = new AbortController();

  async start(): Promise<void> {
    void follow(this, this.stop.signal);
    this.machine = await call<Machine>('GET', '/machine').catch((e: unknown) => {
      this.failure = failureOf(e);
      return undefined;
    });
  }

  async begins(): Promise<void> {
    const { sessions } = await call<{ sessions: Session[] | null }>('GET', '/sessions');
    const lists = await Promise.all(
      (sessions ?? []).map(async (s) => {
        const { peers } = await call<{ peers: Peer[] | null }>('GET', `/sessions/${s.id}/peers`);
        return [s, new Map((peers ?? []).map((p) => [p.id, p]))] as const;
      }),
    );
    this.sessions.clear();
    this.peers.clear();
    for (const [s, peers] of lists) {
      this.sessions.set(s.id, s);
      this.peers.set(s.id, peers);
    }
    this.linked = this.ready = true;
  }

  line(l: Live): void {
    this.oldest = l.oldest;
    this.next = l.next;
    if (l.recording) this.recording = l.recording;
    for (const s of l.sessions ?? []) this.sessions.set(s.id, s);
    for (const id of l.closed ?? []) this.forget(id);
    this.heed(l.peers ?? []);
  }

  ends(why: unknown): void {
    this.linked = false;
    if (why && failureStatus(why) === 401) this.locked = true;
  }

  private heed(changed: Peer[]): void {
    const touched = new Map<string, Map<number, Peer>>();
    for (const p of changed) {
      let of = touched.get(p.session);
      if (!of) {
        of = new Map(this.peers.get(p.session));
        touched.set(p.session, of);
      }
      if (p.state === 'gone') of.delete(p.id);
      else of.set(p.id, p);
    }
    for (const [session, peers] of touched) this.peers.set(session, peers);
  }

  peersOf(session: string): Peer[] {
    return [...(this.peers.get(session)?.values() ?? [])];
  }

  async open(body: unknown): Promise<Session> {
    const s = await call<Session>('POST', '/sessions', body);
    this.sessions.set(s.id, s);
    return s;
  }

  async close(id: string): Promise<void> {
    await call('DELETE', `/sessions/${id}`);
  }

  /** Makes a peer of an address that a UDP session is to send to. */
  async reach(id: string, address: string): Promise<Peer> {
    const p = await call<Peer>('POST', `/sessions/${id}/peers`, { address });
    this.heed([p]);
    return p;
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
