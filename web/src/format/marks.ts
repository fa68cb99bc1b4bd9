// Markers of a chart: two times, and what is between them.

import type { Series } from '../api-types';

/** What a marker is called. */
export const markName = (n: number): string => 'AB'[n] ?? '';

/** The markers after one more: two stay, and a third begins anew. In the order of time. */
export const marked = (marks: readonly number[], time: number): number[] => (marks.length >= 2 ? [time] : [...marks, time].sort((a, b) => a - b));

/** The latest value of a series in the column of a time or before it, as a staircase reads it. */
export function valueAt(s: Series, time: number, from: number, to: number, columns: number): number | undefined {
  const column = Math.floor((columns * (time - from)) / Math.max(1, to - from));
  let found: number | undefined;
  s.columns.forEach((c, i) => {
    if (c <= column) found = s.last[i];
  });
  return found;
}
