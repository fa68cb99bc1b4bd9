// The keys that mean something, and what they do: the help is made of it.

import type { Word } from '../words/words.svelte';

export const keys: readonly { keys: string; does: Word }[] = [
  { keys: 'Ctrl Enter', does: 'keySend' },
  { keys: '↑ ↓', does: 'keyHistory' },
  { keys: 'Ctrl F', does: 'keySearch' },
  { keys: '↑ ↓ PgUp PgDn Home', does: 'keyMove' },
  { keys: 'End', does: 'keyFollow' },
  { keys: 'Shift ↑ ↓', does: 'keySelect' },
  { keys: 'Ctrl C', does: 'keyCopy' },
  { keys: 'Alt ↑ ↓', does: 'keyMoveRow' },
  { keys: 'F6', does: 'keyAreas' },
  { keys: 'Delete', does: 'keyRemove' },
  { keys: 'Esc', does: 'keyEscape' },
  { keys: 'F1 ?', does: 'keyHelp' },
];
