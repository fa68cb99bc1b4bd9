// Why the workbench sent a message by itself.

import type { Cause } from '../api-types';
import { t } from '../i18n/i18n.svelte';
import { safe } from './text';

/** It in words; '' for one that this page does not know. */
export function causeText(c: Cause): string {
  const name = safe(c.name ?? '');
  switch (c.by) {
    case 'rule':
      return t('causeRule', { name });
    case 'list':
      return name === '' ? t('causeRow', { row: c.row ?? 0 }) : t('causeList', { name, row: c.row ?? 0 });
    case 'file':
      return t('causeFile', { name });
    default:
      return '';
  }
}
