// The boards of a hub: how they are, their log, and what they are asked to send. The hub
// owns all of it.

import type { Board, Boards, ErrorLine, OpenedRecording, SentByBoard, SentByBoards } from '../api-types';
import { call, failureOf } from '../link/api';
import { tabs } from './tabs.svelte';
import { workbench } from './workbench.svelte';

const again = 2000; // ms between two looks at how they are

class BoardList {
  all = $state.raw<readonly Board[]>();
  chosen = $state.raw<ReadonlySet<string>>(new Set());
  filter = $state('');
  fault = $state.raw<ErrorLine>();
  /** What became of what was sent last. */
  sent = $state.raw<readonly SentByBoard[]>();
  sending = $state(false);

  /** Those that the filter leaves. */
  shown = $derived((this.all ?? []).filter((b) => matches(b, this.filter)));
  /** The names of those that are meant: the chosen ones that are there. */
  meant = $derived(this.shown.filter((b) => this.chosen.has(b.name)).map((b) => b.name));
  alive = $derived((this.all ?? []).filter((b) => b.state === 'alive').length);

  /** Looks again and again, until what it returns is called. */
  watch(): () => void {
    let timer = 0;
    let ended = false;
    const look = async () => {
      await this.look();
      if (!ended) timer = window.setTimeout(() => void look(), again);
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

  choose(name: string, on: boolean): void {
    const next = new Set(this.chosen);
    if (on) next.add(name);
    else next.delete(name);
    this.chosen = next;
  }

  chooseShown(on: boolean): void {
    this.chosen = new Set(on ? this.shown.map((b) => b.name) : []);
  }

  /** Opens a tab with what boards do, from so long ago on. */
  async open(names: readonly string[], since: number): Promise<void> {
    await this.attempt(async () => {
      const which = names.length === this.all?.length ? { all: true } : { boards: [...names] };
      const got = await call<OpenedRecording>('POST', '/boards/log', { ...which, since_ms: since });
      const first = got.sessions[0];
      if (!first) return;
      workbench.sessions.set(first.id, first);
      tabs.sync();
      tabs.show(first.id);
    });
  }

  async send(text: string, hex: boolean): Promise<void> {
    this.sending = true;
    this.sent = undefined;
    await this.attempt(async () => {
      const payload = { kind: hex ? 'hex' : 'text', text, escapes: !hex };
      this.sent = (await call<SentByBoards>('POST', '/boards/send', { boards: this.meant, payload })).results;
    });
    this.sending = false;
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
