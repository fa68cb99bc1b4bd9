// Times as files have them, "1.5s" or "1h30m", and as fields have them, in
// milliseconds.

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The milliseconds of a time; of none, 0. */
export function milliseconds(text: string | undefined): number {
  let sum = 0;
  for (const [, n, unit] of (text ?? '').matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) sum += Number(n) * (units[unit!] ?? 0);
  return Math.round(sum * 1e6) / 1e6;
}

/** So many milliseconds as a file has them; none is ''. */
export const duration = (ms: number): string => (ms > 0 ? `${ms}ms` : '');
