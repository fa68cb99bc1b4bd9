// Samples of TCP as the columns of plots, and messages as marks beside them.

import type { EventLine, Sample } from '../api-types';

export interface Columns {
  /** Seconds since 1970. */
  readonly at: number[];
  readonly rtt: number[]; // ms
  readonly lowest: (number | null)[];
  readonly inFlight: number[];
  readonly theirs: number[];
  readonly ours: number[];
  readonly queue: number[];
  readonly congestion: (number | null)[];
  readonly again: number[];
}

/** A message of the log, at its place in time. */
export interface Mark {
  readonly seq: number;
  readonly at: number;
  readonly sent: boolean;
  readonly bytes: number;
}

export const seconds = (time: string): number => Date.parse(time) / 1000;

/** The columns of samples, of which the last ones are taken. */
export function columnsOf(samples: readonly Sample[]): Columns {
  return {
    at: samples.map((s) => seconds(s.time)),
    rtt: samples.map((s) => s.tcp.rtt_ns / 1e6),
    lowest: samples.map((s) => (s.tcp.min_rtt_ns ? s.tcp.min_rtt_ns / 1e6 : null)),
    inFlight: samples.map((s) => s.tcp.in_flight),
    theirs: samples.map((s) => s.tcp.send_window),
    ours: samples.map((s) => s.tcp.receive_window ?? 0),
    queue: samples.map((s) => Math.max(0, s.tcp.unsent)),
    congestion: samples.map((s) => (s.tcp.congestion_window && s.tcp.send_mss ? s.tcp.congestion_window * s.tcp.send_mss : null)),
    again: samples.map((s) => s.tcp.retransmits),
  };
}

/** Messages as marks. */
export const marksOf = (events: readonly EventLine[]): Mark[] => events.map((e) => ({ seq: e.seq ?? 0, at: seconds(e.time), sent: e.kind === 'sent', bytes: e.bytes ?? 0 }));

/** The mark that is nearest to a moment; undefined if there is none. */
export function nearestMark(marks: readonly Mark[], at: number): Mark | undefined {
  return marks.reduce<Mark | undefined>((best, m) => (best && Math.abs(best.at - at) <= Math.abs(m.at - at) ? best : m), undefined);
}

/** Adds what is new, without doubles, and forgets the oldest beyond a bound. */
export function joined<T extends { seq: number }>(known: readonly T[], more: readonly T[], most: number): T[] {
  const last = known.at(-1)?.seq ?? 0;
  return [...known, ...more.filter((m) => m.seq > last)].slice(-most);
}
