// Sending: what is in the box as a payload, once, over and over, or a file.

import type { Encoded, ErrorLine, Payload, SavedPayload, SendResults } from '../api-types';
import { fromBase64, hex } from '../format/bytes';
import { call, failureOf } from '../link/api';
import type { Tab } from './tab.svelte';
import { runs } from './runs.svelte';
import { remember, settings } from './settings.svelte';
import { checksumOf, kept } from '../format/payload';
import { workspace } from './workspace.svelte';

/** A file on its way to the core, which sends it when it has all of it. */
export interface Upload {
  readonly session: string;
  readonly name: string;
  readonly size: number;
  readonly done: number;
  readonly cancel: () => void;
}

class Sending {
  error = $state.raw<ErrorLine>();
  preview = $state.raw<Encoded>();
  busy = $state(false);
  file = $state.raw<File>();
  useFile = $state(false);
  /** A request is being filled in. */
  form = $state(false);
  /** The history is being searched. */
  searching = $state(false);
  /** A file that the core is taking; canceled, nothing of it is sent. */
  upload = $state.raw<Upload>();

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

  /** Sends what is typed as hex from now on, or as text; text that is typed becomes its bytes. */
  turnHex(tab: Tab, on: boolean): void {
    const known = this.preview?.data;
    settings.sendHex = on;
    if (on && known && tab.input) tab.input = hex(fromBase64(known));
  }

  /** Sends once. Returns how many bytes went to each, or -1. */
  async send(tab: Tab, text: string): Promise<number> {
    const got = await this.post(tab, { payload: this.payload(text) });
    if (!got) return -1;
    remember(text);
    return Math.max(0, ...got.results.map((r) => r.bytes));
  }

  /** Sends a payload that is not in the box. */
  async sendPayload(tab: Tab, payload: Payload): Promise<boolean> {
    return (await this.post(tab, { payload })) !== undefined;
  }

  /** Sends bytes as they are. */
  async sendBytes(tab: Tab, data: Uint8Array): Promise<boolean> {
    return (await this.post(tab, { payload: { kind: 'hex', text: hex(data) } })) !== undefined;
  }

  private async post(tab: Tab, what: { payload: Payload }): Promise<SendResults | undefined> {
    this.busy = true;
    this.error = undefined;
    try {
      const to = tab.all ? { all: true } : { to: tab.chosen };
      const got = await call<SendResults>('POST', `/sessions/${tab.session}/send`, { ...to, ...what });
      const failed = got.results.find((r) => r.error);
      if (failed?.error) this.error = failed.error;
      return failed ? undefined : got;
    } catch (e) {
      this.error = failureOf(e);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  /** Gives the core the chosen file, which sends it at the pace of the settings and goes on when the page is gone. */
  async sendFile(tab: Tab): Promise<void> {
    const { file } = this;
    const { session } = tab;
    if (!file || !session || this.upload) return;
    const stop = new AbortController();
    const told = (sent: number) => {
      // what goes over besides the file is not counted
      this.upload = { session, name: file.name, size: file.size, done: Math.min(sent, file.size), cancel: () => stop.abort() };
    };
    told(0);
    this.error = undefined;
    try {
      await runs.sendFile(session, file, { ...(tab.all ? { all: true } : { to: tab.chosen.join(',') }), ...paceOf() }, told, stop.signal);
    } catch (e) {
      if (!stop.signal.aborted) this.error = failureOf(e);
    }
    this.upload = undefined;
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

/** What the settings say of the pace of a file. */
function paceOf(): Record<string, number> {
  const pace = { chunk: settings.fileChunk, rate: settings.fileRate, line_delay_ms: settings.fileLineDelay };
  const whole = Object.entries(pace).map(([name, n]) => [name, Math.max(0, Math.floor(n || 0))] as const);
  return Object.fromEntries(whole.filter(([, n]) => n > 0));
}

export const sending = new Sending();
