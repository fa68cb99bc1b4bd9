// The boards of a hub: how they are, their log, and what they are asked to send. The hub
// owns all of it.

import type { Board, Boards, ErrorLine, OpenedRecording, SentByBoard, SentByBoards } from '../api-types';
import { call, failureOf } from '../link/api';
import { tabs } from './tabs.svelte';
import { workbench } from './workbench.svelte';

const again = 2000; // ms between two looks at how they are, at least
const share = 20; // a look that takes long is followed by a pause so many times as long

class BoardList {
  all = $state.raw<readonly Board[]>();
  private chosen = $state.raw<ReadonlySet<string>>(new Set());
  /** Whether all are meant, those that are enrolled later, too. */
  private every = $state(false);
  filter = $state('');
  fault = $state.raw<ErrorLine>();
  /** What became of what was sent last. */
  sent = $state.raw<readonly SentByBoard[]>();
  sending = $state(false);

  /** Those that the filter leaves. */
  shown = $derived((this.all ?? []).filter((b) => matches(b, this.filter)));
  /** The names of those that are meant: the chosen ones that are shown. */
  meant = $derived(this.shown.filter((b) => this.isChosen(b.name)).map((b) => b.name));
  alive = $derived((this.all ?? []).filter((b) => b.state === 'alive').length);

  /** Looks again and again, until what it returns is called. */
  watch(): () => void {
    let timer = 0;
    let ended = false;
    const look = async () => {
      const began = performance.now();
      await this.look();
      if (!ended) timer = window.setTimeout(() => void look(), Math.max(again, share * (performance.now() - began)));
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }

  private async look(): Promise<void> {
    if (workbench.lost) return;
    try {
      this.all = (await call<Boards>('GET', '/boards')).boards;
    } catch (e) {
      this.fault = failureOf(e);
    }
  }

  isChosen(name: string): boolean {
    return this.every || this.chosen.has(name);
  }

  choose(name: string, on: boolean): void {
    const next = new Set(this.every ? this.all?.map((b) => b.name) : this.chosen);
    if (on) next.add(name);
    else next.delete(name);
    this.every = false;
    this.chosen = next;
  }

  chooseShown(on: boolean): void {
    this.every = on && this.filter.trim() === '';
    this.chosen = new Set(on ? this.shown.map((b) => b.name) : []);
  }

  /** Opens a tab with what boards do, from so long ago on. */
  async open(names: readonly string[], since: number): Promise<void> {
    await this.attempt(async () => {
      const got = await call<OpenedRecording>('POST', '/boards/log', { ...this.which(names), since_ms: since });
      const first = got.sessions[0];
      if (!first) return;
      workbench.adopt([first]);
      tabs.sync();
      tabs.show(first.id);
    });
  }

  async send(text: string, hex: boolean): Promise<void> {
    this.sending = true;
    this.sent = undefined;
    await this.attempt(async () => {
      const payload = { kind: hex ? 'hex' : 'text', text, escapes: !hex };
      this.sent = (await call<SentByBoards>('POST', '/boards/send', { ...this.which(this.meant), payload })).results;
    });
    this.sending = false;
  }

  /** Boards as the hub is asked for them. */
  private which(names: readonly string[]): { all: true } | { boards: readonly string[] } {
    return this.every && names.length === this.all?.length ? { all: true } : { boards: names };
  }

  private async attempt(what: () => Promise<void>): Promise<void> {
    this.fault = undefined;
    try {
      await what();
    } catch (e) {
      this.fault = failureOf(e);
    }
  }
}

/** Whether every word of a filter is part of the name, or of a label as KEY=VALUE. */
export function matches(b: Board, filter: string): boolean {
  const has = [b.name, ...Object.entries(b.labels).map(([k, v]) => `${k}=${v}`)].map((s) => s.toLowerCase());
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => has.some((s) => s.includes(word)));
}

export const boardList = new BoardList();
