import { expect, test, vi } from 'vitest';
import type { EventLine } from '../api-types';

vi.stubGlobal('localStorage', { getItem: () => 'en' });
const { sentence } = await import('./sentence');

test('a fault says what it did, and what a peer put into it does no harm', () => {
  const fault = { kind: 'hold', fault: 'hold', offset: 0, bytes: 3, held: 1, message: '3 bytes wait as held 1: hold when is:\u202ex' };
  expect(sentence({ kind: 'fault', fault } as unknown as EventLine, undefined)).toBe('3 bytes wait as held 1: hold when is:\\u{202e}x');
});
