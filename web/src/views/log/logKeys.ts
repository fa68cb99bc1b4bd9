// The keys of the log.

import type { Log } from '../../model/log.svelte';

interface Does {
  /** Pixels of a page. */
  page: () => number;
  /** Shows the message of the current row. */
  open: () => void;
  /** Opens the menu of the chosen rows. */
  menu: () => void;
  copy: () => void;
  /** Writes a comment on the current row. */
  comment: () => void;
  /** Sets a bookmark on the current row, or takes it away. */
  mark: () => void;
  /** Goes to the next comment or the one before. */
  toComment: (by: 1 | -1) => void;
}

/** Does what a key is for. */
export function press(e: KeyboardEvent, log: Log, does: Does): void {
  const act = actOf(e, log, does);
  if (!act) return;
  e.preventDefault();
  act();
}

function actOf(e: KeyboardEvent, log: Log, does: Does): (() => void) | undefined {
  if (e.key === 'ContextMenu' || (e.key === 'F10' && e.shiftKey)) return does.menu;
  if (e.ctrlKey || e.metaKey) return e.key === 'c' && log.current && getSelection()?.isCollapsed !== false ? does.copy : undefined;
  const unfold = (on: boolean) => {
    const row = log.at(log.current);
    if (row) log.unfold(row, on);
  };
  const acts: Record<string, () => void> = {
    ArrowUp: () => log.step(-1, e.shiftKey),
    ArrowDown: () => log.step(1, e.shiftKey),
    PageUp: () => log.scroll(-does.page()),
    PageDown: () => log.scroll(does.page()),
    Home: () => log.toStart(),
    End: () => log.toEnd(),
    ArrowRight: () => unfold(true),
    ArrowLeft: () => unfold(false),
    Enter: does.open,
    c: does.comment,
    b: does.mark,
    ']': () => does.toComment(1),
    '[': () => does.toComment(-1),
    Escape: () => (log.current = log.mark = 0),
  };
  return e.altKey ? undefined : acts[e.key.length === 1 ? e.key.toLowerCase() : e.key];
}
