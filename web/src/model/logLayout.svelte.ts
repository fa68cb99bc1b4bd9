// How the log is laid out: how many characters fit on a line, and which columns there are.

import { untrack } from 'svelte';
import { lookAlikes } from '../format/lookalike';
import { columns } from '../format/text';
import type { Log } from './log.svelte';
import { settings } from './settings.svelte';
import type { Tab } from './tab.svelte';
import { workbench } from './workbench.svelte';

const mostValues = 8; // columns of values

/** Made while a component is, whose effects keep it up to date. */
export class LogLayout {
  /** A text of a hundred characters in the font of the log. */
  probe = $state<HTMLSpanElement>();
  /** The screen, in pixels. */
  width = $state(0);
  height = $state(0);
  /** Changes whenever a font has come. */
  fonts = $state(0);
  /** The names of the values on the screen, in the order in which they come; those that were there stay. */
  valueNames = $state.raw<readonly string[]>([]);

  constructor(
    private readonly tab: () => Tab,
    private readonly log: Log,
  ) {
    this.followFonts();
    this.followValues();
  }

  /** The width of a character, in pixels. */
  chars = $derived.by(() => (void this.fonts, (this.probe?.getBoundingClientRect().width ?? 780) / 100));
  /** The height of a line, in pixels. */
  get lineHeight(): number {
    return this.probe?.offsetHeight ?? 22;
  }
  // A word is the same while only counters change.
  fields = $derived.by(() => (settings.fieldColumns ? this.tab().fields : ''));
  framed = $derived.by(() => this.tab().framing.frame !== '' || this.fields !== '' || this.tab().decode !== '');
  /** Aliases that look like another one: they tell nobody apart, so the address stays beside them. */
  shared = $derived.by(() => lookAlikes([...this.tab().peers, ...workbench.departedOf(this.tab().session ?? '')].map((p) => p.alias)));
  private names = $derived.by(() =>
    this.tab()
      .peers.slice(0, 200)
      .map((p) => (p.alias && !this.shared.has(p.alias) ? p.alias : p.remote)),
  );
  /** Characters for the name of a peer: as many as those who are there need. An alias is mostly shorter than an address. */
  whom = $derived.by(() => Math.min(22, 2 + this.names.reduce((most, name) => Math.max(most, [...name].reduce((n, c) => n + columns(c, ''), 0)), 10)));
  /** Characters before the columns of values. */
  lead = $derived.by(() => (settings.showTime ? (settings.stamp === 'ms' ? 13.5 : 16.5) : 0) + 3 + this.whom + 7.5 + (this.framed ? 12 : 0));
  /** Characters of the columns of values. */
  values = $derived.by(() => 11 * this.valueNames.length);
  private room = $derived.by(() => Math.floor((this.width - 24) / this.chars));
  /** What else there is to a message has a line of its own: a hex dump wants room for sixteen bytes. */
  narrow = $derived.by(() => this.width < 620 || (settings.look === 'both' && this.room - this.lead - this.values < 76));
  /** Characters for the content. */
  columns = $derived.by(() => Math.max(8, Math.floor(this.room - (this.narrow ? 1.5 : this.lead + this.values + 0.5))));

  // The width of a character is another one when the font has come.
  private followFonts(): void {
    void document.fonts.load('13px "Plex Mono"').finally(() => this.fonts++);
    $effect(() => {
      const came = () => void this.fonts++;
      document.fonts.addEventListener('loadingdone', came);
      return () => document.fonts.removeEventListener('loadingdone', came);
    });
  }

  private followValues(): void {
    $effect(() => {
      void this.fields;
      this.valueNames = [];
    });
    $effect(() => {
      const known = untrack(() => this.valueNames);
      const fresh = [...new Set(this.log.lines.flatMap((l) => l.of?.frame?.values?.map((v) => v.name) ?? []))].filter((n) => !known.includes(n));
      if (this.fields !== '' && fresh.length > 0 && known.length < mostValues) this.valueNames = [...known, ...fresh].slice(0, mostValues);
    });
  }
}
