// The keys that mean something: the page acts by this table, and the help is made of it.

import type { Word } from './i18n/i18n.svelte';

/** What a key can do wherever the focus is. */
export interface KeyActions {
  search(): void;
  help(): void;
  palette(): void;
  nextArea(by: 1 | -1): void;
  closeDrawer(): void;
}

export interface Key {
  /** As they are written in the help. */
  keys: string;
  help: Word;
  /** The key, for those that act everywhere; the others are handled where they act. */
  is?(e: KeyboardEvent): boolean;
  act?(actions: KeyActions, e: KeyboardEvent): void;
  /** The browser's own use of the key stays. */
  shared?: boolean;
}

/** The key of the palette of all actions. */
export const paletteKey = 'Ctrl K';

export const keys: readonly Key[] = [
  { keys: 'Ctrl Enter', help: 'keySend' },
  { keys: '↑ ↓', help: 'keyHistory' },
  { keys: 'Ctrl R', help: 'keyFindHistory' },
  { keys: 'Ctrl F', help: 'keySearch', is: (e) => (e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'f', act: (a) => a.search() },
  { keys: '↑ ↓ PgUp PgDn Home', help: 'keyMove' },
  { keys: 'End', help: 'keyFollow' },
  { keys: 'Shift ↑ ↓', help: 'keySelect' },
  { keys: 'Ctrl C', help: 'keyCopy' },
  { keys: 'Alt ↑ ↓', help: 'keyMoveRow' },
  { keys: paletteKey, help: 'keyPalette', is: (e) => (e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === 'k', act: (a) => a.palette() },
  { keys: 'Shift F10', help: 'keyRowMenu' },
  { keys: '← →', help: 'keyUnfold' },
  { keys: 'C B', help: 'keyComment' },
  { keys: '[ ]', help: 'keyComments' },
  { keys: 'F6', help: 'keyAreas', is: (e) => e.key === 'F6', act: (a, e) => a.nextArea(e.shiftKey ? -1 : 1) },
  { keys: 'Delete', help: 'keyRemove' },
  { keys: 'Esc', help: 'keyEscape', is: (e) => e.key === 'Escape', act: (a) => a.closeDrawer(), shared: true },
  { keys: 'F1 ?', help: 'keyHelp', is: (e) => e.key === 'F1' || (e.key === '?' && !isWriting(e.target)), act: (a) => a.help() },
];

/** Does what a key means, if it means anything everywhere. */
export function press(e: KeyboardEvent, actions: KeyActions): void {
  const key = keys.find((k) => k.is?.(e));
  if (!key) return;
  if (!key.shared) e.preventDefault();
  key.act?.(actions, e);
}

/** A key is meant as a letter there. */
function isWriting(where: EventTarget | null): boolean {
  return where instanceof HTMLElement && (where.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(where.tagName) && !/^(checkbox|radio|file)$/.test((where as HTMLInputElement).type));
}
