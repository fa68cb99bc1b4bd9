// What a chart shows: which values, of what time, in which form; asked for while they come.

import type { ErrorLine, HistogramPage, SeriesPage, XYPage } from '../api-types';
import { plotted, type Label } from '../format/chart';
import { colourOf } from '../format/colour';
import { safe } from '../format/text';
import { failureOf } from '../link/api';
import { histogram, series, triggers, xy, type ValueQuery } from '../link/series';
import { inSight, whileGrowing } from './growing';
import type { Tab } from './tab.svelte';
import { Trigger } from './trigger.svelte';

const every = 250; // ms between two looks while values come

/** A series by its name, peer and direction. */
export interface SeriesName {
  name: string;
  peer_id?: number;
  direction: string;
}

export const chartKinds = ['time', 'histogram', 'xy'] as const;
export type ChartKind = (typeof chartKinds)[number];

/** The key of a series in what the chart keeps of it. */
export const keyOf = (s: SeriesName): string => `${s.peer_id ?? 0} ${s.direction} ${s.name}`;

/** Times are in milliseconds. It belongs to the component that made it, and asks while follow's effect is there. */
export class Chart {
  kind = $state<ChartKind>('time');
  paused = $state(false);
  logarithmic = $state(false);
  /** The time that was chosen; undefined is all of it, or what the trigger says. */
  zoom = $state.raw<{ since: number; until: number }>();
  hidden = $state.raw<ReadonlySet<string>>(new Set());
  /** How many columns there is room for. */
  columns = $state(400);
  page = $state.raw<SeriesPage>();
  failure = $state.raw<ErrorLine>();
  readonly trigger = new Trigger();

  private spread = $state.raw<HistogramPage>();
  private over = $state.raw<XYPage>();
  private across = $state('');
  private up = $state('');

  constructor(private readonly tab: () => Tab) {}

  list = $derived(this.page?.series ?? []);
  shown = $derived(this.list.filter((s) => !this.hidden.has(keyOf(s))));
  private several = $derived(new Set(this.list.map((s) => s.peer_id)).size > 1);
  labels = $derived(this.shown.map((s) => this.labelOf(s)));
  from = $derived(this.page?.from ? Date.parse(this.page.from) : 0);
  to = $derived(this.page?.to ? Math.max(Date.parse(this.page.to), this.from + 1) : 1); // all at once is a time, too
  data = $derived(plotted(this.shown, this.from, this.to, this.page?.columns ?? 0));
  names = $derived([...new Set(this.list.map((s) => s.name))]);
  units = $derived([...new Set(this.shown.map((s) => s.unit ?? ''))]);
  /** Of each series 0 or 1: the left or the right axis. */
  sides = $derived(this.shown.map((s) => Math.min(1, this.units.indexOf(s.unit ?? ''))));
  histograms = $derived((this.spread?.series ?? []).filter((s) => !this.hidden.has(keyOf(s))));
  pairs = $derived(this.over?.series ?? []);

  // The same names while only values come: who follows them does not begin anew.
  private xName = $derived(this.names.includes(this.across) ? this.across : (this.names[0] ?? ''));
  private yName = $derived(this.names.includes(this.up) ? this.up : (this.names[1] ?? this.names[0] ?? ''));

  /** The value that is drawn from left to right; until somebody chooses, one name after the other. */
  get x(): string {
    return this.xName;
  }
  set x(name: string) {
    this.across = name;
  }
  /** The value that is drawn upwards. */
  get y(): string {
    return this.yName;
  }
  set y(name: string) {
    this.up = name;
  }

  // The same words while only counters change: the effect does not begin anew.
  private fields = $derived.by(() => this.tab().fields);
  private frame = $derived.by(() => this.tab().framing.frame);
  private check = $derived.by(() => this.tab().framing.check);
  private settings = $derived.by(() => {
    const { on, kind, value, level, holdOff, single, armed } = this.trigger;
    return JSON.stringify([this.columns, on, kind, value, level, holdOff, single, armed]);
  });

  /** What a series is called, and its colour, wherever it is drawn. */
  labelOf = (s: SeriesName): Label => {
    const at = this.list.findIndex((one) => keyOf(one) === keyOf(s));
    const known = this.list[at];
    if (!known) return { name: s.name, colour: colourOf(1) };
    const of = this.several ? ` · ${known.alias || known.peer}` : '';
    return { name: safe(`${known.direction === 'sent' ? '→ ' : ''}${known.name}${of}`), colour: colourOf(at + 1) };
  };

  /** Shows a series, or hides it. */
  turn(s: SeriesName): void {
    const next = new Set(this.hidden);
    if (!next.delete(keyOf(s))) next.add(keyOf(s));
    this.hidden = next;
  }

  /** Moves the time that is shown by a part of itself. */
  pan(part: number): void {
    const by = (this.to - this.from) * part;
    this.zoom = { since: this.from + by, until: this.to + by };
  }

  /** Asks for what is to be shown, and again while values come: the body of an effect. Returns what ends it. */
  follow(): (() => void) | undefined {
    const { session, peer, direction } = this.tab();
    const { fields, frame, check } = this;
    const within = this.zoom ?? this.trigger.span;
    const forms = { kind: this.kind, x: this.x, y: this.y };
    void this.settings;
    if (!session || fields === '') {
      this.page = undefined;
      return undefined;
    }
    const which: ValueQuery = { session, peer: peer || undefined, direction: direction || undefined, fields, frame, check };
    const part = { ...which, since: iso(within?.since), until: iso(within?.until) };
    const asking = new AbortController();
    let whole = false; // all there was at the beginning is drawn, though the chart pauses
    const end = whileGrowing(every, async () => {
      if (!inSight() || (this.paused && whole)) return false;
      try {
        const done = await this.ask(which, part, forms, asking.signal);
        whole ||= done;
        return done;
      } catch (e) {
        if (!asking.signal.aborted) this.failure = failureOf(e);
        return true;
      }
    });
    return () => {
      end();
      asking.abort();
    };
  }

  // ask reports whether the core has read all there is.
  private async ask(which: ValueQuery, part: ValueQuery, forms: { kind: ChartKind; x: string; y: string }, signal: AbortSignal): Promise<boolean> {
    const got = await series({ ...part, columns: this.columns }, signal);
    let { done } = got;
    if (forms.kind === 'histogram') {
      this.spread = await histogram(part, signal);
      done &&= this.spread.done;
    }
    if (forms.kind === 'xy' && forms.x !== '') {
      this.over = await xy({ ...part, x: forms.x, y: forms.y }, signal);
      done &&= this.over.done;
    }
    done &&= await this.askTrigger(which, signal);
    this.page = got;
    this.failure = undefined;
    return done;
  }

  private async askTrigger(which: ValueQuery, signal: AbortSignal): Promise<boolean> {
    const { trigger } = this;
    if (!trigger.on) return true;
    const { value, kind, level, holdOff, armed } = trigger;
    const fired = await triggers({ ...which, since: iso(armed || undefined), value, trigger: kind, level: level ?? 0, hold_off_ms: Math.max(0, Math.round(holdOff ?? 0)) }, signal);
    if (!signal.aborted && fired.done) trigger.take(fired.count, fired.first, fired.last);
    return fired.done;
  }
}

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
