// Looking at the record again while it grows.

import { untrack } from 'svelte';
import { workbench } from './workbench.svelte';

/**
 * Looks now, and then again each time the record has grown, with a pause of so many
 * milliseconds in between and never twice at once. A look says whether it has seen all there
 * was; if not, the next one goes on. Returns what ends it.
 *
 * A record that grows all the time is looked at all the same: the pause is from look to look,
 * not from the latest event.
 */
export function whileGrowing(pause: number, look: () => Promise<boolean>): () => void {
  let seen = -1; // up to which event
  let busy = false;
  const next = async () => {
    if (busy || seen === workbench.next || !workbench.linked) return;
    busy = true;
    const now = workbench.next;
    if (await look()) seen = now;
    busy = false;
  };
  untrack(() => void next());
  const timer = setInterval(next, pause);
  return () => clearInterval(timer);
}

/** Whether anybody can see the page. */
export const inSight = (): boolean => document.visibilityState === 'visible';
