import { expect, test } from 'vitest';
import type { Peer } from '../api-types';
import { hostOf, inGroups, inOrder, labelOf } from './peerOrder';

const peer = (id: number, remote: string, alias = '', received_bytes = 0): Peer => ({ id, remote, alias, received_bytes, sent_bytes: 0 }) as Peer;
const peers = [peer(1, '10.0.0.10:9', 'press-10', 5), peer(2, '10.0.0.2:9', 'lamp', 9), peer(3, '10.0.0.2:10'), peer(4, '[::1]:9', 'press-2', 5)];
const ids = (list: Peer[]) => list.map((p) => p.id);

test('a host is what stands before the port', () => {
  expect(hostOf('10.0.0.2:10')).toBe('10.0.0.2');
  expect(hostOf('[fe80::1]:80')).toBe('[fe80::1]');
  expect(hostOf('/run/x.sock')).toBe('/run/x.sock');
});

test('a label is the word that an alias begins with', () => {
  expect([labelOf('press-3'), labelOf('门锁2'), labelOf('3'), labelOf('')]).toEqual(['press', '门锁', '', '']);
});

test('numbers in names count as numbers, and who has no alias is last', () => {
  expect(ids(inOrder(peers, 'name', () => 0))).toEqual([2, 4, 1, 3]);
  expect(ids(inOrder(peers, 'address', () => 0))).toEqual([4, 2, 3, 1]);
});

test('equals stay as they joined', () => {
  expect(ids(inOrder(peers, 'bytes', () => 0))).toEqual([2, 1, 4, 3]);
  expect(ids(inOrder(peers, 'last', (p) => (p.id === 3 ? 7 : 0)))).toEqual([3, 1, 2, 4]);
  expect(ids(inOrder([...peers].reverse(), 'joined', () => 0))).toEqual([1, 2, 3, 4]);
});

test('groups have names in order, and what has none is last', () => {
  const said = (by: 'host' | 'label') => inGroups(peers, by).map((g) => [g.name, ids(g.peers)]);
  expect(said('host')).toEqual([['[::1]', [4]], ['10.0.0.2', [2, 3]], ['10.0.0.10', [1]]]);
  expect(said('label')).toEqual([['lamp', [2]], ['press', [1, 4]], ['', [3]]]);
  expect(inGroups(peers, '').map((g) => ids(g.peers))).toEqual([[1, 2, 3, 4]]);
});
