import { describe, expect, test } from 'vitest';
import { faultForms } from '../faults';
import { faultInputs, faultText, newFault } from './fault';

const formOf = (kind: string) => faultForms.find((f) => f.kind === kind)!;

describe('the text of a fault', () => {
  test('of a new one has what must be given', () => {
    const texts = faultForms.map((f) => faultText(f, newFault(f)));
    expect(texts).toContain('latency 100ms');
    expect(texts).toContain('blackhole');
    expect(texts).toContain('truncate 8');
  });
  test('says everything in its order', () => {
    const f = { ...newFault(formOf('latency')), way: 'to upstream' as const, peer: '3', percent: '30', from: '10s', for: '2s', every: '1m', seed: '7', when: 'hex:01 03 *' };
    f.values['jitter'] = ' 20ms ';
    expect(faultText(formOf('latency'), f)).toBe('latency 100ms jitter 20ms to upstream peer 3 30% from 10s for 2s every 1m seed 7 when hex:01 03 *');
  });
  test.each([
    'latency 100ms jitter 20ms distribution normal correlation 25% to upstream peer 192.168.1.88 30% from 10s for 2s every 1m seed 7 when contains:a when b',
    'drop 5% seed 1',
    'reset after 65536 from upstream',
    'half-close after 5s',
    'stall from 10s for 2s',
    'reorder gap 3 within 2s 10%',
    'hold timeout 30s when regexp:^AT 1%',
  ])('is read and written again: %s', (text) => {
    const f = faultInputs(faultForms, text);
    expect(faultText(formOf(f.kind), f)).toBe(text);
  });
});
