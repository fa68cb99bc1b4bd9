// What to do next, in the words of the page: hints of the core name the flags of the
// command line.

import { t, type Word } from '../i18n/i18n.svelte';

const controls: [flag: string, hint: Word][] = [['--broadcast', 'broadcastHint']];

/** The hint is that a broadcast has to be allowed. */
export const wantsBroadcast = (hint: string | undefined): boolean => !!hint?.includes('--broadcast');

/** The hint; where it names a flag that the page has a control for, that control. */
export function hintOf(hint: string): string {
  const found = controls.find(([flag]) => hint.includes(flag));
  return found ? t(found[1]) : hint;
}
