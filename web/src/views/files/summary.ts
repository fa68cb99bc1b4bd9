// What a recording that was opened says of itself.

import type { OpenedRecording } from '../../api-types';
import { count } from '../../format/numbers';
import { safe } from '../../format/text';
import { i18n, t } from '../../i18n/i18n.svelte';

/** One line for the status bar: how much it is, and what is not shown of it. */
export function summary(got: OpenedRecording): string {
  const parts = [t('openedDone', { name: safe(got.name), n: count(got.events) })];
  if (got.left_out) parts.push(t('openedLeftOut', { n: count(got.left_out) }));
  if (got.damages) parts.push(t('openedDamages', { n: count(got.damages) }));
  if (got.cut) parts.push(t('openedCut'));
  return parts.join(i18n.language === 'zh' ? '' : ' ');
}
