// The tabs of the page, and which of them is shown.

import { failuresOf } from '../link/api';
import { hostPort, protocolOf, request } from './form';
import { lastForms, withForm } from './lastForms';
import { optionTable } from './optionTable.svelte';
import { keyOf, memoryKey, Tab, unopened } from './tab.svelte';
import { settings } from './settings.svelte';
import { workbench } from './workbench.svelte';

class Tabs {
  list = $state<Tab[]>(unopened());
  private begun = false;
  private chosen = $state(sessionStorage.getItem('sockeye-tab') ?? '');

  /** The one that is shown. */
  get current(): Tab {
    return this.list.find((t) => t.session === this.chosen || t.key === this.chosen) ?? this.list[0]!;
  }

  choose(tab: Tab): void {
    this.chosen = tab.session ?? tab.key;
    sessionStorage.setItem('sockeye-tab', this.chosen);
  }

  add(): Tab {
    const tab = new Tab();
    tab.form.localPort = String(freePort(this.list));
    this.list.push(tab);
    this.choose(tab);
    return tab;
  }

  /** Keeps what a reload must not lose, from now on. Call once, within a component. */
  keepOverReload(): void {
    const keep = () => this.begun && this.keep();
    let waiting = 0;
    $effect(() => {
      void JSON.stringify(this.list.map((t) => t.memory));
      clearTimeout(waiting);
      waiting = setTimeout(keep, 100);
    });
    addEventListener('pagehide', keep);
  }

  private keep(): void {
    const all = this.list.map((t) => [t.status ? keyOf(t.status) : t.key, t.memory] as const);
    try {
      sessionStorage.setItem(memoryKey, JSON.stringify(Object.fromEntries(all)));
    } catch {
      // the browser keeps no more: a reload begins anew
    }
  }

  /** Keeps what is filled in, of sessions that another core does not have. */
  detachAll(): void {
    for (const tab of this.list) if (tab.session) tab.detach();
  }

  /** Brings the tabs in step with the sessions of the core. */
  sync(): void {
    if (!this.begun && workbench.sessions.size > 0) this.list = this.list.filter((t) => !t.isPristine);
    this.begun = true;
    for (const s of workbench.sessions.values()) {
      if (s.upstream_of) continue; // it is seen with its relay
      if (!this.list.some((t) => t.session === s.id || t.opening)) this.list.push(new Tab(s));
    }
    const only = workbench.viewer && workbench.sessions.size > 0; // a viewer opens none
    const kept = this.list.filter((t) => (t.session ? workbench.sessions.has(t.session) : !only));
    if (kept.length === 0) this.list = [new Tab()];
    else if (kept.length !== this.list.length) this.list = kept;
  }

  /** Opens what the form says. What the tab had before stays as a closed session, unless nothing ever crossed it. */
  async open(tab: Tab): Promise<boolean> {
    const before = tab.status;
    tab.opening = true;
    tab.faults = [];
    try {
      await optionTable.load();
      if (before?.rules && tab.rules.items.length === 0) await tab.rules.read(before.id);
      const s = await workbench.open({ ...request(tab.form), ...tab.rules.opening });
      tab.session = s.id;
      settings.lastForms = withForm(lastForms(settings.lastForms), tab.form);
      tab.none = false;
      tab.peer = 0;
      tab.base = { received_bytes: 0, received_messages: 0, sent_bytes: 0, sent_messages: 0 };
      this.choose(tab);
      if (tab.rules.off && tab.rules.items.length > 0) await tab.rules.change(s.id, {});
      if (protocolOf(tab.form).both) await this.reach(tab);
      if (before && before.received_messages + before.sent_messages === 0) await this.drop(before.id);
      return true;
    } catch (e) {
      tab.faults = failuresOf(e);
      return false;
    } finally {
      tab.opening = false;
      this.sync();
    }
  }

  /** Shows a session that was opened elsewhere than in its form. */
  show(id: string): void {
    const before = this.current;
    this.sync();
    const tab = this.list.find((t) => t.session === id);
    if (!tab) return;
    this.choose(tab);
    if (before.isPristine) this.list = this.list.filter((t) => t !== before);
  }

  /** Sends to the remote address from now on; UDP needs no connection for it. */
  reach(tab: Tab): Promise<boolean> {
    return (tab.reaching = this.reachNow(tab));
  }

  private async reachNow(tab: Tab): Promise<boolean> {
    const { remote, remotePort } = tab.form;
    if (!tab.session || remote.trim() === '') return true;
    tab.faults = [];
    try {
      const p = await workbench.reach(tab.session, hostPort(remote.trim(), remotePort));
      await tab.choose([p.id]);
      return true;
    } catch (e) {
      tab.faults = failuresOf(e);
      return false;
    }
  }

  /** Closes the session; the tab stays, with its log. */
  async close(tab: Tab): Promise<void> {
    const id = tab.session;
    if (id) await workbench.attempt(() => workbench.close(id));
  }

  /** The tab that is about to be removed, if that would cut somebody off. */
  closing = $state.raw<Tab>();

  /** Takes the tab away, and the session with it; asks first, if peers are connected. */
  async remove(tab: Tab): Promise<void> {
    if (workbench.viewer) return;
    if (tab.isOpen && tab.peers.length > 0) this.closing = tab;
    else await this.removeNow(tab);
  }

  async removeNow(tab: Tab): Promise<void> {
    this.closing = undefined;
    const at = this.list.indexOf(tab);
    if (tab.session) {
      const id = tab.session;
      if (tab.isOpen && !(await workbench.attempt(() => workbench.close(id)))) return;
      if (!(await workbench.attempt(() => this.drop(id)))) return;
    }
    const left = this.list.filter((t) => t !== tab);
    this.list = left.length > 0 ? left : [new Tab()];
    this.sync();
    this.choose(this.list[Math.min(at, this.list.length - 1)] ?? this.current);
  }

  private async drop(id: string): Promise<void> {
    await workbench.close(id); // of a closed session: takes it from the list
    workbench.forget(id);
  }
}

export const tabs = new Tabs();

function freePort(tabs: Tab[]): number {
  let port = 10000;
  while (tabs.some((t) => t.form.localPort === String(port))) port++;
  return port;
}
