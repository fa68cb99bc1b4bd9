import { describe, expect, it } from 'vitest';
import type { DoctorStop } from '../api-types';
import { drawWay } from './way';

const way: DoctorStop[] = [
  { station: 'program', label: 'this machine', note: '192.168.1.2', state: 'ok' },
  { station: 'network', label: '同一网段', state: 'ok' },
  { station: 'port', label: 'port 7000', note: '192.168.1.9', state: 'wrong' },
];

describe('the drawing of a way', () => {
  it('is a row where it fits, and no two places touch', () => {
    const d = drawWay(way, 700);
    expect(d.width).toBeLessThanOrEqual(700);
    expect(new Set(d.stops.map((s) => s.y)).size).toBe(1);
    d.stops.slice(1).forEach((s, n) => expect(s.x).toBeGreaterThan(d.stops[n]!.x + d.stops[n]!.width));
    expect(d.links.map((l) => l.state)).toEqual(['ok', 'wrong']);
  });
  it('is a column where a row is too wide, within the width', () => {
    const d = drawWay(way, 240);
    expect(new Set(d.stops.map((s) => s.x)).size).toBe(1);
    for (const s of d.stops) expect(s.x + s.width).toBeLessThanOrEqual(240);
    d.stops.slice(1).forEach((s, n) => expect(s.y).toBeGreaterThan(d.stops[n]!.y + d.stops[n]!.height));
  });
  it('is empty without places', () => expect(drawWay([], 300).stops).toEqual([]));
});
