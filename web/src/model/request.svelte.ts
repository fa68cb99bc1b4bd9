// A request of a protocol that is being filled in: which form, what stands in its fields, and
// the bytes that the core makes of exactly that.

import type { EncodedRequest, Encoder, EncoderField, ErrorLine } from '../api-types';
import { failuresOf } from '../link/api';
import { protocols } from '../link/decode';
import { encode, encoders } from '../link/encoders';
import { settings } from './settings.svelte';
import type { Tab } from './tab.svelte';

const pause = 120; // ms between two keys of one who types

/** What the core answered, and to which form and values. */
interface Answer {
  readonly to: string;
  readonly request?: EncodedRequest;
  readonly faults: readonly ErrorLine[];
}

/** One request being filled in. It belongs to the component that made it. */
export class RequestDraft {
  forms = $state.raw<readonly Encoder[]>([]);
  /** Of the form in use. */
  name = $state('');
  /** Why there are no forms. */
  failures = $state.raw<readonly ErrorLine[]>([]);

  private typed = $state<Record<string, Record<string, string>>>({}); // by form and field
  private answer = $state.raw<Answer>({ to: '', faults: [] });

  form = $derived(this.forms.find((f) => f.name === this.name));
  /** The fields that count: some do only for one choice of the first. */
  fields = $derived.by(() => {
    const first = this.form?.fields[0];
    return this.form?.fields.filter((f) => !f.for || (first && f.for.includes(this.valueOf(first)))) ?? [];
  });
  private values = $derived(Object.fromEntries(this.fields.map((f) => [f.name, this.valueOf(f)])));
  private filled = $derived(JSON.stringify([this.name, this.values]));

  /** What is wrong with what the fields say now, as far as it is known. */
  faults = $derived(this.answer.to === this.filled ? this.answer.faults : []);
  /** The request of what the fields say now; undefined while it is not made. */
  made = $derived(this.answer.to === this.filled ? this.answer.request : undefined);
  /** The latest request that was made, perhaps of earlier values. */
  latest = $derived(this.answer.request);

  valueOf(f: EncoderField): string {
    const value = this.typed[this.name]?.[f.name] ?? f.default ?? '';
    return f.kind !== 'choice' || (f.optional && value === '') || f.choices?.some((c) => c.value === value) ? value : (f.default ?? '');
  }

  set(f: EncoderField, value: string): void {
    this.typed[this.name] = { ...this.typed[this.name], [f.name]: value };
  }

  /** Asks for the forms, and chooses the one of what is spoken in a tab. Canceled, it changes nothing. */
  async load(tab: Tab, signal: AbortSignal): Promise<void> {
    try {
      const all = await encoders();
      const choice = this.name || (await likely(all, tab));
      if (!signal.aborted) [this.forms, this.name, this.failures] = [all, choice, []];
    } catch (e) {
      if (!signal.aborted) this.failures = failuresOf(e);
    }
  }

  /** Makes the request a moment after the fields have changed. Returns what stops it. */
  follow(): (() => void) | undefined {
    void this.filled;
    if (!this.form) return undefined;
    const asking = new AbortController();
    const later = setTimeout(() => void this.encode(asking.signal), pause);
    return () => {
      clearTimeout(later);
      asking.abort();
    };
  }

  /** The request of what the fields say at this moment, made now if it is not there; undefined if something is wrong with them. */
  async encode(signal?: AbortSignal): Promise<EncodedRequest | undefined> {
    if (this.made) return this.made;
    const { filled: to, name, values } = this;
    let answer: Answer;
    try {
      answer = { to, request: await encode(name, values, signal), faults: [] };
    } catch (e) {
      if (signal?.aborted) return undefined;
      answer = { to, faults: failuresOf(e) };
    }
    if (to === this.filled) this.answer = answer; // else a later one is shown
    return answer.request;
  }
}

// likely is the form of what is spoken in a tab, as far as anybody knows.
async function likely(all: readonly Encoder[], tab: Tab): Promise<string> {
  const known = (n: string) => all.some((f) => f.name === n);
  if (known(tab.decode)) return tab.decode;
  const heard = tab.session ? await protocols(tab.session).catch(() => []) : [];
  const found = heard.find((p) => known(p.decode));
  if (found) return found.decode;
  const port = Number(/:(\d+)(?:\/|$)/.exec(tab.status?.address ?? '')?.[1]);
  return all.find((f) => f.ports?.includes(port))?.name ?? (known(settings.requestForm) ? settings.requestForm : 'modbus-rtu');
}
