// Where the screen is in the rows that are loaded: the row and line at its top, and how
// many pixels of that are above it.

import type { View } from './content';
import type { Line, Row } from './row';

export interface Anchor {
  row: number;
  line: number;
  px: number;
}

type Rows = readonly Row[];

/** Makes an anchor that was moved by pixels a line and less than a line of pixels, within the rows. */
export function normalize(a: Anchor, rows: Rows, view: View, rowHeight: number): void {
  let move = Math.floor(a.px / rowHeight);
  a.px -= move * rowHeight;
  while (move !== 0) {
    const height = rows[a.row]?.height(view) ?? 0;
    if (move > 0) {
      const step = Math.min(move, height - a.line);
      a.line += step;
      move -= step;
      if (a.line >= height) {
        if (a.row >= rows.length - 1) {
          a.line = Math.max(0, height - 1);
          a.px = 0;
          return;
        }
        a.row++;
        a.line = 0;
      }
    } else if (a.line > 0) {
      const step = Math.min(-move, a.line);
      a.line -= step;
      move += step;
    } else if (a.row > 0) {
      a.row--;
      a.line = rows[a.row]!.height(view);
    } else {
      a.px = 0;
      return;
    }
  }
}

/** How many pixels of lines there are from an anchor on, or at least enough. */
export function below(a: Anchor, rows: Rows, view: View, rowHeight: number, enough: number): number {
  let px = -a.px - a.line * rowHeight;
  for (let i = a.row; i < rows.length && px < enough; i++) px += rows[i]!.height(view) * rowHeight;
  return px;
}

/** The anchor with the last line at the bottom of a screen of so many lines. */
export function atBottom(rows: Rows, view: View, rowHeight: number, screen: number): Anchor {
  let lines = screen;
  let row = rows.length;
  while (row > 0 && lines > 0) lines -= rows[--row]!.height(view);
  const over = Math.max(0, -lines);
  return { row, line: Math.floor(over), px: Math.round((over - Math.floor(over)) * rowHeight) };
}

/** At most so many lines from an anchor on, and the first row that is not among them. */
export function linesFrom(a: Anchor, rows: Rows, view: View, want: number): { lines: Line[]; end: number } {
  const lines: Line[] = [];
  let { row, line } = a;
  while (row < rows.length && lines.length < want) {
    const r = rows[row]!;
    const height = r.height(view);
    for (; line < height && lines.length < want; line++) lines.push(r.line(view, line));
    line = 0;
    row++;
  }
  return { lines, end: row };
}
