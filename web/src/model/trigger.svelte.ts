// The trigger of a chart, as that of an oscilloscope: the chart shows the time around where it fired.

import type { TriggerPoint } from '../api-types';

export const triggerKinds = ['rising', 'falling', 'either', 'above', 'below'] as const;
export type TriggerKind = (typeof triggerKinds)[number];

/** What is waited for, and what came. Times are in milliseconds. */
export class Trigger {
  kind = $state<TriggerKind | ''>('');
  value = $state('');
  level = $state<number | null>(0);
  holdOff = $state<number | null>(0);
  window = $state<number | null>(1000);
  /** The first firing is kept until it is armed again; otherwise the chart follows the last. */
  single = $state(false);
  /** Only what comes after it counts; 0 is everything. */
  armed = $state(0);
  count = $state(0);
  shown = $state.raw<TriggerPoint>();

  get on(): boolean {
    return this.kind !== '' && this.value !== '' && this.level !== null && Number.isFinite(this.level);
  }

  /** Waits for what comes from now on. */
  arm(now: number): void {
    this.armed = now;
    this.count = 0;
    this.shown = undefined;
  }

  /** Takes where it fired: of several the first in single mode, otherwise the last. */
  take(count: number, first: TriggerPoint | undefined, last: TriggerPoint | undefined): void {
    this.count = count;
    const next = this.single ? first : last;
    // one event may hold several values
    if (next?.seq !== this.shown?.seq || next?.value !== this.shown?.value) this.shown = next;
  }

  /** The time that the chart shows; undefined before it fired. */
  get span(): { since: number; until: number } | undefined {
    if (!this.shown) return undefined;
    const at = Date.parse(this.shown.time);
    const half = Math.max(1, this.window ?? 0) / 2;
    return { since: at - half, until: at + half };
  }
}
