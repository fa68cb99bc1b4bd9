import { expect, test, vi } from 'vitest';
import type { EventLine, Session } from '../api-types';

vi.stubGlobal('localStorage', { getItem: () => 'en' });
const { sentence } = await import('./sentence');

test('a fault says what it did, and what a peer put into it does no harm', () => {
  const fault = { kind: 'hold', fault: 'hold', offset: 0, bytes: 3, held: 1, message: '3 bytes wait as held 1: hold when is:\u202ex' };
  expect(sentence({ kind: 'fault', fault } as unknown as EventLine, undefined)).toBe('3 bytes wait as held 1: hold when is:\\u{202e}x');
});

test('only a server that browsers can connect to says how', () => {
  const opened = (network: string): string =>
    sentence({ kind: 'opened', network, local: '127.0.0.1:9000' } as EventLine, { mode: 'listen', address: `${network}://127.0.0.1:9000/chat` } as Session);
  for (const network of ['ws', 'wss', 'ws4', 'wss6']) expect(opened(network)).toContain(`${network}://127.0.0.1:9000/chat`);
  for (const network of ['tcp', 'tls', 'mqtt', 'udp']) expect(opened(network)).not.toContain('browser');
});
