// The name of a tab.

import type { Tab } from '../model/desk.svelte';
import { t } from '../words/words.svelte';
import { safe } from './text';

export function titleOf(tab: Tab): string {
  const s = tab.status;
  if (!s) return t('newTab');
  if (s.device) return t('board');
  if (s.name) return safe(s.name);
  const scheme = s.network.toUpperCase();
  const where = s.mode === 'listen' ? (s.locals?.[0] ?? s.address).replace(/^.*:(\d+)$/, ':$1') : s.address.replace(/^\w+:\/\//, '');
  return `${scheme} ${safe(where)}`;
}
