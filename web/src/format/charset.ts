// What a charset is called.

import type { Charset, ViewCharset } from './text';
import { t } from '../i18n/i18n.svelte';

/** The name of what text is shown in; of "auto" with what was chosen, if there is one. */
export function charsetName(charset: ViewCharset, shown?: Charset): string {
  if (charset !== 'auto') return charset.toUpperCase();
  return shown ? t('charsetChosen', { name: shown.toUpperCase() }) : t('charsetAuto');
}
