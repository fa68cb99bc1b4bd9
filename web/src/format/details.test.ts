import { expect, test, vi } from 'vitest';
import type { Peer } from '../api-types';

vi.stubGlobal('localStorage', { getItem: () => 'en' });
const { detailsOf } = await import('./details');

const peer = { id: 3, session: 's1', network: 'tcp', local: '[::1]:7', remote: '[::1]:8', alias: '', state: 'connected', since: '', unsent: -1, received_bytes: 1, received_messages: 1, sent_bytes: 0, sent_messages: 0, receive_rate: 0, send_rate: 0 } as unknown as Peer;
const row = (p: Peer, name: string) => detailsOf(p).find((r) => r.name === name);

test('a peer has what every peer has', () => {
  expect(detailsOf(peer).map((r) => r.name)).toEqual(['network', 'local', 'remote', 'received', 'sent']);
  expect(row(peer, 'received')?.value).toBe('1 B · 1 message · 0 B/s');
});

test('what a kind of socket tells besides is listed, whatever it is', () => {
  const wire = { version: 'WIRE 1.3', resumed: false, chain: [{ subject: 'CN=board', days: 1234 }, { subject: 'CN=root\u202e' }], empty: '', none: null };
  const p = { ...peer, wire } as unknown as Peer;
  expect(row(p, 'wire.version')).toEqual({ name: 'wire.version', label: 'WIRE version', value: 'WIRE 1.3' });
  expect(row(p, 'wire.resumed')?.value).toBe('off');
  expect(row(p, 'wire.chain')?.value).toBe('CN=board, 1,234\nCN=root\\u{202e}');
  expect(row(p, 'wire.empty') ?? row(p, 'wire.none')).toBeUndefined();
});
