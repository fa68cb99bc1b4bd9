// An axis of values in a picture: where a number lies between its ends, and which are written.

/** One axis. Places are from 0, its lower end, to 1. */
export interface Axis {
  place: (n: number) => number;
  /** Numbers with a line of the grid; those with text are written, too. */
  ticks: { n: number; text: boolean }[];
}

const most = 10; // powers of ten that are written at an axis

/** The axis of these numbers; on a logarithmic one only those above zero have a place within it. */
export function axisOf(numbers: Iterable<number>, logarithmic: boolean): Axis {
  let least = Infinity;
  let greatest = -Infinity;
  for (const n of numbers) {
    if (!Number.isFinite(n) || (logarithmic && n <= 0)) continue;
    least = Math.min(least, n);
    greatest = Math.max(greatest, n);
  }
  if (greatest < least) return { place: () => (logarithmic ? -1 : 0.5), ticks: [] };
  return logarithmic ? logarithmicAxis(least, greatest) : linearAxis(least, greatest);
}

function linearAxis(least: number, greatest: number): Axis {
  const span = greatest - least;
  const place = span > 0 ? (n: number) => (n - least) / span : () => 0.5;
  const parts = span > 0 ? [0, 0.25, 0.5, 0.75, 1] : [0];
  return { place, ticks: parts.map((part) => ({ n: least + span * part, text: true })) };
}

// The ends are those of the plot on the screen: the nearest numbers with one digit.
function logarithmicAxis(least: number, greatest: number): Axis {
  const [from, to] = least === greatest ? [least / 10, greatest * 10] : [least, greatest];
  const low = rounded(from, Math.floor);
  const high = rounded(to, Math.ceil);
  const decades = Math.log10(high / low);
  // What is not above zero is below all: a line to it leaves the picture at the bottom.
  const place = (n: number) => (n > 0 ? Math.log10(n / low) / decades : -1);
  return { place, ticks: logarithmicTicks(low, high, decades) };
}

function logarithmicTicks(low: number, high: number, decades: number): Axis['ticks'] {
  const every = Math.ceil(decades / most);
  const digits = decades <= 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : decades <= 2.5 ? [1, 2, 5] : [1];
  const slack = 1 + 1e-9; // of numbers that are no sums of powers of two
  const ticks: Axis['ticks'] = [];
  for (let e = exponent(low); e <= exponent(high); e++) {
    for (let digit = 1; digit <= 9; digit++) {
      const n = Number(`${digit}e${e}`);
      if (n * slack < low || n > high * slack) continue;
      const text = digits.includes(digit) && e % every === 0;
      if (text || decades <= 4) ticks.push({ n, text });
    }
  }
  return ticks;
}

const exponent = (n: number): number => Number(n.toExponential().split('e')[1]);

function rounded(n: number, to: (n: number) => number): number {
  const [digits = '', e = '0'] = n.toExponential().split('e');
  return Number(`${to(Number(digits))}e${e}`);
}
