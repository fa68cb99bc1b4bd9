// Where the instruments of a dashboard stand: a grid of 12 columns, in which nothing lies over
// another and what is moved pushes the rest down.

import type { Widget } from '../api-types';

export const columns = 12;
const mostRows = 100;
const mostHeight = 12;

/** A widget with a place. */
export type Placed = Widget & { column: number; row: number; width: number; height: number };

const overlap = (a: Placed, b: Placed): boolean => a.column < b.column + b.width && b.column < a.column + a.width && a.row < b.row + b.height && b.row < a.row + a.height;

const within = (least: number, n: number, most: number): number => Math.min(Math.max(n, least), most);

/** Gives each widget a place: those without one go to the first that is free, those that lie over others go down. */
export function placed(list: readonly Widget[]): Placed[] {
  const out: Placed[] = [];
  for (const w of list) {
    const width = within(1, w.width || 3, columns);
    const one: Placed = { ...w, width, height: within(1, w.height || 2, mostHeight), column: within(1, w.column || 1, columns - width + 1), row: within(1, w.row || 1, mostRows) };
    while (out.some((o) => overlap(o, one))) {
      if (!w.column && one.column + one.width <= columns) one.column++;
      else {
        one.row++;
        if (!w.column) one.column = 1;
      }
    }
    out.push(one);
  }
  return out;
}

/** Puts a widget to another place, or gives it another size; what is in the way goes down. */
export function put(list: readonly Placed[], n: number, to: Partial<Pick<Placed, 'column' | 'row' | 'width' | 'height'>>): Placed[] {
  const was = list[n];
  if (!was) return [...list];
  const width = within(1, to.width ?? was.width, columns - (to.column ? 0 : was.column - 1));
  const moved: Placed = { ...was, width, height: within(1, to.height ?? was.height, mostHeight), column: within(1, to.column ?? was.column, columns - width + 1), row: within(1, to.row ?? was.row, mostRows) };
  const order = list.map((_, i) => i).filter((i) => i !== n);
  order.sort((a, b) => list[a]!.row - list[b]!.row || list[a]!.column - list[b]!.column);
  const out = [...list];
  const fixed = [moved];
  out[n] = moved;
  for (const i of order) {
    const one = { ...list[i]! };
    while (fixed.some((o) => overlap(o, one))) one.row++;
    out[i] = one;
    fixed.push(one);
  }
  return out;
}
