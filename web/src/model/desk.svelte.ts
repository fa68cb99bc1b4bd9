// What is open on the page: tabs, each a session or one that is about to be, and
// what the person has set up in them.

import type { ErrorLine, Open, Session } from '../api-types';
import { failureOf } from '../link/api';
import { RuleBook } from './rules.svelte';
import { settings } from './settings.svelte';
import { workbench } from './workbench.svelte';

export const protocols = ['tcp-server', 'tcp-client', 'udp'] as const;
export type Protocol = (typeof protocols)[number];

/** The network settings of a tab. */
export interface Form {
  protocol: Protocol;
  local: string; // '' is all addresses, or any
  localPort: string;
  remote: string;
  remotePort: string;
  echo: boolean;
  reconnect: boolean;
  broadcast: boolean;
  halfOpen: boolean; // peers that finished sending are kept
  halfOpenFor: number; // seconds
  selective: boolean; // only some may be peers, as these lists of addresses and ranges say
  allowPeers: string;
  denyPeers: string;
}

const fresh: Form = { protocol: 'tcp-server', local: '', localPort: '10000', remote: '', remotePort: '10000', echo: false, reconnect: false, broadcast: false, halfOpen: false, halfOpenFor: 60, selective: false, allowPeers: '', denyPeers: '' };

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
}

const memoryKey = 'sockeye-tabs';
const longestInput = 64 << 10; // characters of a draft that is kept

// keyOf names a session of this workbench: the next one counts anew.
const keyOf = (s: Session): string => `${s.id} ${s.since}`;

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
  form = $state<Form>({ ...fresh });
  opening = $state(false);
  /** The remote address is being made a peer; what is sent waits for it. */
  reaching: Promise<boolean> | undefined;
  error = $state.raw<ErrorLine>();
  // the log of this tab
  floor = $state(1);
  peer = $state(0);
  direction = $state<'' | 'received' | 'sent'>('');
  filterText = $state('');
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
    this.form = formOf(session, this.form);
    this.restore(kept()[keyOf(session)]);
  }

  /** What a reload must not lose. */
  get memory(): Memory {
    const { form, floor, base, input } = this;
    const common = { floor, base, input: input.length > longestInput ? '' : input };
    return this.session ? common : { ...common, form };
  }

  restore(m: Memory | undefined): void {
    if (!m) return;
    if (m.form) this.form = { ...fresh, ...m.form };
    this.floor = m.floor;
    this.base = m.base;
    this.input = m.input;
  }

  get status(): Session | undefined {
    return this.session ? workbench.sessions.get(this.session) : undefined;
  }

  /** How its streams are cut: as chosen here for the endpoint before, or as the workspace says. */
  get framing(): Framing {
    return settings.framings[this.place] ?? { frame: this.status?.frame ?? '', check: this.status?.check ?? '' };
  }

  set framing(f: Framing) {
    const others = Object.entries(settings.framings).filter(([place]) => place !== this.place);
    settings.framings = Object.fromEntries([...others.slice(-49), [this.place, f]]);
  }

  private get place(): string {
    const { mode, address } = this.status ?? request(this.form);
    return `${mode} ${address}`;
  }

  get isOpen(): boolean {
    const state = this.status?.state;
    return !workbench.lost && (state === 'open' || state === 'connecting');
  }

  /** Nobody has typed anything, or opened it. */
  get isPristine(): boolean {
    return !this.session && !this.opening && this.input === '' && this.rules.items.length === 0 && JSON.stringify(this.form) === JSON.stringify(fresh);
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

class Desk {
  tabs = $state<Tab[]>(unopened());
  private begun = false;
  private chosen = $state(sessionStorage.getItem('sockeye-tab') ?? '');
  /** Which drawer is out, where the screen is too narrow for all. */
  drawer = $state<'' | 'settings' | 'panel'>('');
  /** What the panel shows. */
  panel = $state<'peers' | 'message' | 'lists' | 'rules' | 'workspace'>('peers');
  help = $state(false);
  /** A short sentence for the status bar, and for a screen reader. */
  get note(): string {
    return this.said?.() ?? '';
  }

  get tab(): Tab {
    return this.tabs.find((t) => t.session === this.chosen || t.key === this.chosen) ?? this.tabs[0]!;
  }

  choose(tab: Tab): void {
    this.chosen = tab.session ?? tab.key;
    sessionStorage.setItem('sockeye-tab', this.chosen);
  }

  add(): Tab {
    const tab = new Tab();
    tab.form.localPort = String(freePort(this.tabs));
    this.tabs.push(tab);
    this.choose(tab);
    return tab;
  }

  /** Keeps what a reload must not lose, from now on. Call once, within a component. */
  keepTabs(): void {
    const keep = () => this.begun && this.keep();
    let waiting = 0;
    $effect(() => {
      void JSON.stringify(this.tabs.map((t) => t.memory));
      clearTimeout(waiting);
      waiting = setTimeout(keep, 100);
    });
    addEventListener('pagehide', keep);
  }

  private keep(): void {
    const all = this.tabs.map((t) => [t.status ? keyOf(t.status) : t.key, t.memory] as const);
    try {
      sessionStorage.setItem(memoryKey, JSON.stringify(Object.fromEntries(all)));
    } catch {
      // the browser keeps no more: a reload begins anew
    }
  }

  /** Brings the tabs in step with the sessions of the core. */
  sync(): void {
    if (!this.begun && workbench.sessions.size > 0) this.tabs = this.tabs.filter((t) => !t.isPristine);
    this.begun = true;
    for (const s of workbench.sessions.values()) {
      if (!this.tabs.some((t) => t.session === s.id || t.opening)) this.tabs.push(new Tab(s));
    }
    const kept = this.tabs.filter((t) => !t.session || workbench.sessions.has(t.session));
    if (kept.length === 0) this.tabs = [new Tab()];
    else if (kept.length !== this.tabs.length) this.tabs = kept;
  }

  /** Opens what the form says. What the tab had before stays as a closed session, unless nothing ever crossed it. */
  async open(tab: Tab): Promise<boolean> {
    const before = tab.status;
    tab.opening = true;
    tab.error = undefined;
    try {
      if (before?.rules && tab.rules.items.length === 0) await tab.rules.read(before.id);
      const s = await workbench.open({ ...request(tab.form), ...tab.rules.opening });
      tab.session = s.id;
      tab.none = false;
      tab.peer = 0;
      tab.base = { received_bytes: 0, received_messages: 0, sent_bytes: 0, sent_messages: 0 };
      this.choose(tab);
      if (tab.rules.off && tab.rules.items.length > 0) await tab.rules.change(s.id, {});
      if (tab.form.protocol === 'udp') await this.reach(tab);
      if (before && before.received_messages + before.sent_messages === 0) await this.drop(before.id);
      return true;
    } catch (e) {
      tab.error = failureOf(e);
      return false;
    } finally {
      tab.opening = false;
      this.sync();
    }
  }

  /** Shows a session that was opened elsewhere than in its form. */
  show(id: string): void {
    const before = this.tab;
    this.sync();
    const tab = this.tabs.find((t) => t.session === id);
    if (!tab) return;
    this.choose(tab);
    if (before.isPristine) this.tabs = this.tabs.filter((t) => t !== before);
  }

  /** Sends to the remote address from now on; UDP needs no connection for it. */
  reach(tab: Tab): Promise<boolean> {
    return (tab.reaching = this.reachNow(tab));
  }

  private async reachNow(tab: Tab): Promise<boolean> {
    const { remote, remotePort } = tab.form;
    if (!tab.session || remote.trim() === '') return true;
    tab.error = undefined;
    try {
      const p = await workbench.reach(tab.session, hostPort(remote.trim(), remotePort));
      await tab.choose([p.id]);
      return true;
    } catch (e) {
      tab.error = failureOf(e);
      return false;
    }
  }

  /** Closes the session; the tab stays, with its log. */
  async shut(tab: Tab): Promise<void> {
    const id = tab.session;
    if (id) await workbench.attempt(() => workbench.close(id));
  }

  /** The tab that is about to be removed, if that would cut somebody off. */
  leaving = $state.raw<Tab>();

  /** Takes the tab away, and the session with it; asks first, if peers are connected. */
  async remove(tab: Tab): Promise<void> {
    if (tab.isOpen && tab.peers.length > 0) this.leaving = tab;
    else await this.removeNow(tab);
  }

  async removeNow(tab: Tab): Promise<void> {
    this.leaving = undefined;
    const at = this.tabs.indexOf(tab);
    if (tab.session) {
      const id = tab.session;
      if (tab.isOpen && !(await workbench.attempt(() => workbench.close(id)))) return;
      if (!(await workbench.attempt(() => this.drop(id)))) return;
    }
    const left = this.tabs.filter((t) => t !== tab);
    this.tabs = left.length > 0 ? left : [new Tab()];
    this.sync();
    this.choose(this.tabs[Math.min(at, this.tabs.length - 1)] ?? this.tab);
  }

  private async drop(id: string): Promise<void> {
    await workbench.close(id); // of a closed session: takes it from the list
    workbench.forget(id);
  }

  /** Says something for a while, in the language of whatever moment it is read in. */
  say(note: () => string): void {
    this.said = note;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => (this.said = undefined), 8000);
  }

  private said = $state.raw<() => string>();
  private fading = 0;
}

export const desk = new Desk();

/** What to ask the core for. */
export function request(f: Form): Open {
  const scheme = f.protocol === 'udp' ? 'udp' : 'tcp';
  const halfOpen = f.halfOpen && scheme === 'tcp' ? { half_open_ms: 1000 * f.halfOpenFor } : {};
  if (f.protocol !== 'tcp-client') {
    const options = {
      ...(f.broadcast && scheme === 'udp' ? { broadcast: true } : {}),
      ...halfOpen,
      ...(f.selective ? { allow_peers: listed(f.allowPeers), deny_peers: listed(f.denyPeers) } : {}),
    };
    return {
      mode: 'listen',
      address: url(scheme, f.local, f.localPort.trim() === '' && scheme === 'udp' ? '0' : f.localPort),
      ...(Object.keys(options).length > 0 ? { options } : {}),
      ...(f.echo ? { echo: true } : {}),
    };
  }
  return {
    mode: 'connect',
    address: url(scheme, f.remote.trim(), f.remotePort),
    options: {
      ...(f.local ? { sources: [f.local] } : {}),
      ...(f.reconnect ? { reconnect: true } : {}),
      ...halfOpen,
    },
    ...(f.echo ? { echo: true } : {}),
  };
}

/** The addresses of a field, between commas or blanks. */
function listed(field: string): string[] {
  return field.split(/[\s,;，；、]+/).filter((a) => a !== '');
}

function url(scheme: string, host: string, port: string): string {
  return `${scheme}://${hostPort(host, port)}`;
}

function hostPort(host: string, port: string): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.trim()}`;
}

/** The settings that a session was opened with. */
function formOf(s: Session, otherwise: Form): Form {
  const [host, port] = parts(s.address);
  const [allow, deny] = [s.allow_peers ?? [], s.deny_peers ?? []];
  const f = {
    ...otherwise,
    echo: s.echo ?? false,
    broadcast: s.broadcast ?? false,
    reconnect: s.reconnect ?? false,
    halfOpen: !!s.half_open_ms,
    halfOpenFor: s.half_open_ms ? s.half_open_ms / 1000 : otherwise.halfOpenFor,
    selective: allow.length + deny.length > 0,
    allowPeers: allow.join(', '),
    denyPeers: deny.join(', '),
  };
  const udp = s.network.startsWith('udp');
  if (s.mode === 'listen') {
    const [remote, remotePort] = s.remote ? parts(s.remote) : ['', f.remotePort];
    return { ...f, protocol: udp ? 'udp' : 'tcp-server', local: host, localPort: port, remote, remotePort };
  }
  return { ...f, protocol: udp ? 'udp' : 'tcp-client', local: s.sources?.[0] ?? '', localPort: '', remote: host, remotePort: port };
}

/** Host and port of an address, which may be a URL. */
function parts(address: string): [host: string, port: string] {
  const found = /^(?:\w+:\/\/)?(.*):(\d+)$/.exec(address);
  return [(found?.[1] ?? '').replace(/^\[(.*)\]$/, '$1'), found?.[2] ?? ''];
}

// unopened are the tabs that were being filled in before a reload, or a new one.
function unopened(): Tab[] {
  const tabs = Object.values(kept())
    .filter((m) => m.form)
    .map((m) => {
      const tab = new Tab();
      tab.restore(m);
      return tab;
    });
  return tabs.length > 0 ? tabs : [new Tab()];
}

function freePort(tabs: Tab[]): number {
  let port = 10000;
  while (tabs.some((t) => t.form.localPort === String(port))) port++;
  return port;
}
