// Which way a message went: the sign of it in the log, and its words.

import { t } from '../i18n/i18n.svelte';

export interface Direction {
  sign: string;
  /** For who does not see the sign; empty if it is no message. */
  said: string;
}

/** The direction of an event. Upstream is the other side of a relay. */
export function directionOf(kind: string, upstream: boolean): Direction {
  if (kind === 'received') return upstream ? { sign: '⇐', said: t('fromUpstream').slice(2) } : { sign: '←', said: t('wayReceived') };
  if (kind === 'sent') return upstream ? { sign: '⇒', said: t('toUpstream').slice(2) } : { sign: '→', said: t('waySent') };
  return { sign: upstream ? '∘' : '·', said: '' };
}
