// Counts, sizes, rates and times as people read them.

const grouped = new Intl.NumberFormat('en-US');

/** 1234567 as "1,234,567". */
export const count = (n: number): string => grouped.format(n);

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes: exact below 1,000, then about three digits. */
export function size(bytes: number): string {
  let n = bytes;
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  const digits = unit === 0 || n >= 100 || Number.isInteger(n) ? 0 : n >= 10 ? 1 : 2;
  return `${n.toFixed(digits)} ${units[unit]}`;
}

/** Bytes per second. */
export const rate = (perSecond: number): string => size(Math.round(perSecond)) + '/s';

export const stamps = ['ms', 'us', 'delta'] as const;
export type Stamp = (typeof stamps)[number];

/** Nanoseconds within the second of an RFC 3339 time with nine decimals. */
const fraction = (time: string): string => /\.(\d+)/.exec(time)?.[1]?.padEnd(9, '0') ?? '000000000';

const two = (n: number): string => String(n).padStart(2, '0');

/** The local time of day of an RFC 3339 time: "09:30:15.123", or with microseconds. */
export function clock(time: string, digits: 3 | 6): string {
  const d = new Date(time);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${fraction(time).slice(0, digits)}`;
}

/** The local date and time with microseconds. */
export function dateTime(time: string): string {
  const d = new Date(time);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clock(time, 6)}`;
}

/** Microseconds since 1970, as a float that is exact to well under one. */
export function micros(time: string): number {
  return Math.floor(Date.parse(time) / 1000) * 1e6 + Number(fraction(time)) / 1000;
}

/** How much later one time is than another: "+12.345 ms". */
export function delta(later: string, earlier: string | undefined): string {
  if (earlier === undefined) return '·';
  const us = micros(later) - micros(earlier);
  if (us < 1000) return `+${us.toFixed(0)} µs`;
  if (us < 1e6) return `+${(us / 1000).toFixed(3)} ms`;
  if (us < 6e7) return `+${(us / 1e6).toFixed(3)} s`;
  return `+${Math.floor(us / 6e7)} min ${two(Math.floor((us % 6e7) / 1e6))} s`;
}
