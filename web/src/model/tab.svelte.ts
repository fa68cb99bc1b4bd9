// A tab: a session or one that is about to be, and what the person has set up in it.

import type { ErrorLine, EventComment, Session } from '../api-types';
import { schemeOf } from '../format/scheme';
import { safe } from '../format/text';
import { t } from '../i18n/i18n.svelte';
import { addressOf, emptyForm, formOf, protocolOf, type Form } from './form';
import { comments } from './comments.svelte';
import { RuleBook } from './rules.svelte';
import { settings } from './settings.svelte';
import { workbench } from './workbench.svelte';

/** How frames are found and checked, as --frame and --check say it; "" is not at all. */
export interface Framing {
  frame: string;
  check: string;
}

/** What is kept of a tab over a reload, in this window of the browser. */
interface Memory {
  form?: Form; // of a tab that is no session yet
  floor: number;
  base: Tab['base'];
  input: string;
  folded?: boolean;
}

/** Where the browser keeps what a reload must not lose. */
export const memoryKey = 'sockeye-tabs';
const longestInput = 64 << 10; // characters of a draft that is kept

/** A session of this workbench: the next one counts anew. */
export const keyOf = (s: Session): string => `${s.id} ${s.since}`;

function kept(): Record<string, Memory> {
  try {
    return JSON.parse(sessionStorage.getItem(memoryKey) ?? '{}') as Record<string, Memory>;
  } catch {
    return {};
  }
}

let numbered = 0;

export class Tab {
  readonly key = `t${++numbered}`;
  session = $state<string>();
  form = $state<Form>({ ...emptyForm });
  opening = $state(false);
  /** The remote address is being made a peer; what is sent waits for it. */
  reaching: Promise<boolean> | undefined;
  /** All that was wrong with what was last asked for. */
  faults = $state.raw<readonly ErrorLine[]>([]);
  // the log of this tab
  floor = $state(1);
  peer = $state(0);
  direction = $state<'' | 'received' | 'sent'>('');
  /** Of a relay: the side that the direction is of. */
  side = $state<'' | 'peers' | 'upstream'>('');
  filterText = $state('');
  /** Only rows with comments. */
  commented = $state(false);
  /** The settings are folded away, where the window is wide. */
  folded = $state(false);
  /** The chart of its values is shown over the log. */
  chart = $state(false);
  /** The dashboard is shown over the log. */
  dashboard = $state(false);
  // sending
  none = $state(false); // nobody is chosen yet: "all" was taken away
  input = $state('');
  /** How it answers by itself. */
  readonly rules = new RuleBook();
  // counters are shown from here
  base = $state.raw({ received_bytes: 0, received_messages: 0, sent_bytes: 0, sent_messages: 0 });

  constructor(session?: Session) {
    if (session) this.adopt(session);
  }

  adopt(session: Session): void {
    this.session = session.id;
    this.form = formOf(session, this.form, workbench.sessions.get(session.upstream_session ?? ''));
    this.restore(kept()[keyOf(session)]);
  }

  /** What a reload must not lose. */
  get memory(): Memory {
    const { form, floor, base, input, folded } = this;
    const common = { floor, base, input: input.length > longestInput ? '' : input, folded };
    return this.session ? common : { ...common, form };
  }

  restore(m: Memory | undefined): void {
    if (!m) return;
    if (m.form) this.form = { ...emptyForm, ...m.form };
    this.floor = m.floor;
    this.base = m.base;
    this.input = m.input;
    this.folded = m.folded ?? false;
  }

  /** Becomes a tab that is not open, with what was filled in: its session is gone. */
  detach(): void {
    this.session = undefined;
    this.floor = 1;
    this.peer = 0;
    this.commented = false;
    this.none = false;
    this.faults = [];
    this.base = { received_bytes: 0, received_messages: 0, sent_bytes: 0, sent_messages: 0 };
  }

  get status(): Session | undefined {
    return this.session ? workbench.sessions.get(this.session) : undefined;
  }

  /** Of a relay the sessions of its upstreams, with commas between; '' of another session. */
  get upstreams(): string {
    const s = this.status;
    return s?.upstream_session ? [s.upstream_session, ...(s.routes ?? []).map((r) => r.session)].join() : '';
  }

  /** The session of its log, of a relay all of those that are seen. */
  get sessions(): string | undefined {
    if (!this.session || this.upstreams === '') return this.session;
    return { '': `${this.session},${this.upstreams}`, peers: this.session, upstream: this.upstreams }[this.side];
  }

  /** The comments on what its log may show. */
  get comments(): EventComment[] {
    return this.sessions ? comments.list(this.sessions, this.status?.recording?.oldest ?? workbench.oldest) : [];
  }

  /** The peer of its log, of a relay with the one at the other side. */
  get peerAndPair(): string | undefined {
    return this.peer ? [this.peer, ...workbench.pairsOf(this.peer)].join() : undefined;
  }

  /** What it is called. */
  get title(): string {
    const s = this.status;
    if (!s) return t('newTab');
    if (s.device) return t('board');
    if (s.name) return safe(s.name);
    const scheme = s.upstream ? t('relay') : s.network.toUpperCase();
    const where = s.mode === 'listen' && schemeOf(s.network).ip ? (s.locals?.[0] ?? s.address).replace(/^.*:(\d+)$/, ':$1') : s.address.replace(/^\w+:\/\//, '');
    return `${scheme} ${safe(where)}`;
  }

  /** How its streams are cut: as chosen here for the endpoint before, or as the workspace says. */
  get framing(): Framing {
    return settings.framings[this.place] ?? { frame: this.status?.frame ?? '', check: this.status?.check ?? '' };
  }

  set framing(f: Framing) {
    const others = Object.entries(settings.framings).filter(([place]) => place !== this.place);
    settings.framings = Object.fromEntries([...others.slice(-49), [this.place, f]]);
  }

  /** How values are read out of its messages, one spec a line; "" is not at all. */
  get fields(): string {
    return settings.fieldSpecs[this.place] ?? '';
  }

  set fields(spec: string) {
    const others = Object.entries(settings.fieldSpecs).filter(([place]) => place !== this.place);
    settings.fieldSpecs = Object.fromEntries([...others.slice(-49), ...(spec === '' ? [] : [[this.place, spec] as const])]);
  }

  /** The protocol that its messages are shown as, by the name of a decoder; "" is none. */
  get decode(): string {
    return settings.decoders[this.place] ?? '';
  }

  set decode(name: string) {
    const others = Object.entries(settings.decoders).filter(([place]) => place !== this.place);
    settings.decoders = Object.fromEntries([...others.slice(-49), ...(name === '' ? [] : [[this.place, name] as const])]);
  }

  /** What it is that is set up here: the endpoint, however often it is opened. */
  get place(): string {
    const { mode, address } = this.status ?? { mode: protocolOf(this.form).mode, address: addressOf(this.form) };
    return `${mode} ${address}`;
  }

  get isOpen(): boolean {
    const state = this.status?.state;
    return !workbench.lost && (state === 'open' || state === 'connecting');
  }

  /** Nobody has typed anything, or opened it. */
  get isPristine(): boolean {
    return !this.session && !this.opening && this.input === '' && this.rules.items.length === 0 && JSON.stringify(this.form) === JSON.stringify(emptyForm);
  }

  /** Everyone there, in the order they joined. */
  get peers() {
    return this.session ? workbench.peersOf(this.session) : [];
  }

  /** Whoever is there is sent to. */
  get all(): boolean {
    return !this.none && (this.status?.recipients ?? []).length === 0;
  }

  /** The numbers of those who are chosen, and who may have left. The core keeps them. */
  get targets(): ReadonlySet<number> {
    return new Set(this.none ? [] : this.status?.recipients);
  }

  /** Everyone there who can be sent to. */
  get receivers() {
    return this.peers.filter((p) => p.state !== 'we-finished');
  }

  /** Who is sent to: the chosen ones that are still there. */
  get chosen(): number[] {
    return (this.all ? this.receivers : this.peers.filter((p) => this.targets.has(p.id))).map((p) => p.id);
  }

  /** Chooses whom to send to; all is whoever is there. */
  async choose(whom: 'all' | Iterable<number>): Promise<void> {
    const peers = whom === 'all' ? [] : [...whom];
    this.none = whom !== 'all' && peers.length === 0;
    const id = this.session;
    if (id && !this.none) await workbench.attempt(() => workbench.choose(id, peers));
  }

  resetCounters(): void {
    const s = this.status;
    if (s) this.base = { received_bytes: s.received_bytes, received_messages: s.received_messages, sent_bytes: s.sent_bytes, sent_messages: s.sent_messages };
  }
}

/** The tabs that were being filled in before a reload, or a new one. */
export function unopened(): Tab[] {
  const tabs = Object.values(kept())
    .filter((m) => m.form)
    .map((m) => {
      const tab = new Tab();
      tab.restore(m);
      return tab;
    });
  return tabs.length > 0 ? tabs : [new Tab()];
}
