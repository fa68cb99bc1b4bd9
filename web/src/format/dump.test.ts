import { expect, test } from 'vitest';
import { dumpOf } from './dump';

test('bytes are shown as hex and text, and those of a field are marked', () => {
  const lines = dumpOf(new Uint8Array([0x41, 0x00, 0x7f, 0x20, 0x7e, 1, 2, 3, 0xff]), { from: 7, to: 9 });
  expect(lines.map((l) => l.offset)).toEqual(['0000', '0008']);
  expect(lines[0]!.cells.map((c) => c.hex).join('')).toBe('41 00 7f 20 7e 01 02 03 ');
  expect(lines[0]!.cells.map((c) => c.text).join('')).toBe('A.. ~...');
  expect(lines.map((l) => l.cells.map((c) => (c.lit ? 1 : 0)).join(''))).toEqual(['00000001', '10000000']);
  expect(lines[1]!.cells[1]).toEqual({ hex: '   ', text: ' ', lit: false });
  expect(dumpOf(new Uint8Array(), undefined)).toEqual([]);
});
