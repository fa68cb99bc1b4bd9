import { expect, it } from 'vitest';
import type { Sample } from '../api-types';
import { columnsOf, joined, nearestMark } from './tcp';

const sample = (seq: number, more: object = {}): Sample => ({ seq, time: `2026-11-30T00:00:0${seq}Z`, tcp: { rtt_ns: 1.5e6, retransmits: 0, send_window: 100, in_flight: 0, unsent: -1, ...more } });

it('makes columns of samples, in milliseconds and bytes', () => {
  const c = columnsOf([sample(1), sample(2, { min_rtt_ns: 2e5, congestion_window: 10, send_mss: 1448, unsent: 7 })]);
  expect(c.rtt).toEqual([1.5, 1.5]);
  expect(c.lowest).toEqual([null, 0.2]);
  expect(c.queue).toEqual([0, 7]);
  expect(c.congestion).toEqual([null, 14480]);
  expect(c.at[1]! - c.at[0]!).toBe(1);
});
it('joins what is new, without doubles and within a bound', () => {
  expect(joined([{ seq: 1 }, { seq: 2 }], [{ seq: 2 }, { seq: 3 }], 2)).toEqual([{ seq: 2 }, { seq: 3 }]);
});
it('finds the message nearest to a moment', () => {
  const marks = [1, 5, 9].map((at) => ({ seq: at, at, sent: false, bytes: 1 }));
  expect(nearestMark(marks, 6)?.seq).toBe(5);
  expect(nearestMark([], 6)).toBeUndefined();
});
