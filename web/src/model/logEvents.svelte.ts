// Which events the log shows: those of a tab, as its peers, direction, text, framing and
// decoder say.

import { untrack } from 'svelte';
import type { Filter } from '../link/events';
import { comments } from './comments.svelte';
import type { Log } from './log.svelte';
import { settings } from './settings.svelte';
import type { Tab } from './tab.svelte';

const typing = 150; // ms after the last key of a text to filter by

/**
 * Keeps the log at the events of a tab, whose values are read by a spec of fields if there is
 * one. Called while a component is made, it ends with the component.
 */
export function followTab(tab: () => Tab, log: Log, fields: () => string): void {
  // These words are the same while only counters change.
  const sessions = $derived(tab().sessions);
  const peers = $derived(tab().peerAndPair);
  const frame = $derived(tab().framing.frame);
  const check = $derived(tab().framing.check);
  const decode = $derived(tab().decode);
  const commented = $derived(tab().commented || undefined);
  // Which rows have comments changes.
  const changes = $derived(tab().commented ? comments.revision : 0);

  // Another tab, peer, direction or text is another log.
  $effect(() => {
    void changes;
    if (!sessions) return untrack(() => log.select(undefined, 1));
    const filter: Filter = { session: sessions, peer: peers, direction: tab().direction || undefined, commented, frame, check, ...(fields() !== '' ? { fields: fields() } : {}), ...(decode !== '' ? { decode } : {}) };
    const text = tab().filterText;
    const charset = settings.charset;
    const floor = untrack(() => tab().floor);
    if (text === '') return untrack(() => log.select(filter, floor));
    const soon = setTimeout(async () => log.select(await (await import('./textFilter')).withText(filter, text, charset), floor), typing);
    return () => clearTimeout(soon);
  });
}
