// Sending: what is in the box as a payload, once, over and over, or from a file.

import type { Encoded, ErrorLine, Payload, SavedPayload, SendResults } from '../api-types';
import { toBase64 } from '../format/bytes';
import { call, failureOf } from '../link/api';
import type { Tab } from './tab.svelte';
import { runs } from './runs.svelte';
import { remember, settings } from './settings.svelte';
import { checksumOf, kept } from '../format/payload';
import { workspace } from './workspace.svelte';

const slice = 128 << 10; // bytes of a file in one request

/** How far a file has gone out. */
export interface Progress {
  name: string;
  done: number;
  all: number;
}

class Sending {
  error = $state.raw<ErrorLine>();
  preview = $state.raw<Encoded>();
  busy = $state(false);
  file = $state.raw<File>();
  useFile = $state(false);
  progress = $state.raw<Progress>();

  private cancel: AbortController | undefined;
  private asking: AbortController | undefined;

  /** The payload of a text, as the send settings say. */
  payload(text: string): Payload {
    const s = settings;
    const checksum = s.checksum
      ? { name: s.checksum, from: s.checksumFrom, to: s.checksumTo, ...(s.checksumOrder ? { order: s.checksumOrder } : {}) }
      : undefined;
    const more = { ...(s.lineEnding && !s.sendHex ? { line_ending: s.lineEnding } : {}), ...(checksum ? { checksum } : {}), ...(s.prefix ? { prefix: s.prefix } : {}), ...(s.suffix ? { suffix: s.suffix } : {}) };
    if (s.sendHex) return { kind: 'hex', text, ...more };
    return { kind: 'text', text, charset: s.sendCharset, escapes: s.sendEscapes, ...more };
  }

  /** Asks the core what the text means, without sending it. */
  async encode(text: string): Promise<void> {
    this.asking?.abort();
    if (text === '') {
      this.preview = this.error = undefined;
      return;
    }
    const asking = (this.asking = new AbortController());
    try {
      this.preview = await call<Encoded>('POST', '/payload', this.payload(text), asking.signal);
      this.error = undefined;
    } catch (e) {
      if (asking.signal.aborted) return;
      this.preview = undefined;
      this.error = failureOf(e);
    }
  }

  /** Sends once. Returns how many bytes went to each, or -1. */
  async send(tab: Tab, text: string): Promise<number> {
    const got = await this.post(tab, { payload: this.payload(text) });
    if (!got) return -1;
    remember(text);
    return Math.max(0, ...got.results.map((r) => r.bytes));
  }

  private async post(tab: Tab, what: { payload: Payload } | { data: string }, signal?: AbortSignal): Promise<SendResults | undefined> {
    this.busy = true;
    this.error = undefined;
    try {
      const to = tab.all ? { all: true } : { to: tab.chosen };
      const got = await call<SendResults>('POST', `/sessions/${tab.session}/send`, { ...to, ...what }, signal);
      const failed = got.results.find((r) => r.error);
      if (failed?.error) this.error = failed.error;
      return failed ? undefined : got;
    } catch (e) {
      if (!signal?.aborted) this.error = failureOf(e);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  /** Sends the chosen file, slice after slice, at the pace of the settings. Returns the bytes that went out. */
  async sendFile(tab: Tab): Promise<number> {
    const file = this.file;
    if (!file) return 0;
    const cancel = (this.cancel = new AbortController());
    const rate = Math.max(0, settings.fileRate || 0);
    const size = sliceOf(tab, rate);
    const start = performance.now();
    let done = 0;
    this.progress = { name: file.name, done, all: file.size };
    try {
      while (done < file.size && !cancel.signal.aborted) {
        const part = new Uint8Array(await file.slice(done, done + size).arrayBuffer());
        if (rate > 0) await until(start + (done / rate) * 1000, cancel.signal);
        if (cancel.signal.aborted) break;
        if (!(await this.post(tab, { data: toBase64(part) }, cancel.signal))) break;
        done += part.length;
        this.progress = { name: file.name, done, all: file.size };
      }
    } catch (e) {
      this.error = failureOf(e);
    }
    this.progress = undefined;
    return done;
  }

  cancelFile(): void {
    this.cancel?.abort();
  }

  // ---- over and over ----

  async startRepeat(tab: Tab, text: string): Promise<void> {
    this.error = undefined;
    try {
      const to = tab.all ? { all: true } : { to: tab.chosen };
      await runs.start(tab.session ?? '', { ...to, payload: this.payload(text), every_ms: settings.repeatEvery });
      remember(text);
    } catch (e) {
      this.error = failureOf(e);
    }
  }

  // ---- saved messages: payloads of the workspace ----

  async saveMessage(name: string, text: string): Promise<void> {
    const payload = kept(this.payload(text));
    if (!(await workspace.change((f) => ({ ...f, payloads: { ...f.payloads, [name]: payload } })))) this.error = workspace.faults[0];
  }

  async removeMessage(name: string): Promise<void> {
    const others = (all: Record<string, SavedPayload>) => Object.fromEntries(Object.entries(all).filter(([n]) => n !== name));
    if (!(await workspace.change((f) => ({ ...f, payloads: others(f.payloads ?? {}) })))) this.error = workspace.faults[0];
  }

  /** Makes a saved message's settings the ones in use. Returns its text. */
  use(p: SavedPayload): string {
    const sum = checksumOf(p.checksum ?? '');
    settings.sendHex = !!p.hex;
    settings.sendEscapes = true;
    settings.sendCharset = (p.charset?.toLowerCase() || 'utf-8') as typeof settings.sendCharset;
    settings.lineEnding = (p.line_ending?.toLowerCase() ?? '') as typeof settings.lineEnding;
    settings.checksum = sum.name;
    settings.checksumFrom = sum.from ?? 0;
    settings.checksumTo = sum.to ?? 0;
    settings.checksumOrder = sum.order ?? '';
    settings.prefix = p.prefix ?? '';
    settings.suffix = p.suffix ?? '';
    return p.hex || p.text || '';
  }
}

/** How many bytes of a file go at a time: a piece is a message, and of UDP a datagram. */
function sliceOf(tab: Tab, rate: number): number {
  const most = tab.status?.network.startsWith('udp') ? 1400 : slice; // 1400 fits an Ethernet frame
  if (settings.fileChunk >= 1) return Math.min(Math.floor(settings.fileChunk), slice);
  return rate > 0 ? Math.max(1, Math.min(most, Math.floor(rate / 20))) : most;
}

/** Waits for a time of performance.now(), or for a signal. */
function until(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, time - performance.now());
    signal.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true });
  });
}

export const sending = new Sending();
