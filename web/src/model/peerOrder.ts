// The peers of a session in the order and the groups that a person wants to see.

import type { Peer } from '../api-types';

export const orders = ['joined', 'name', 'address', 'last', 'bytes'] as const;
export type Order = (typeof orders)[number];

export const groupings = ['', 'host', 'label'] as const;
/** Nothing, the host of the address, or the beginning of the alias. */
export type Grouping = (typeof groupings)[number];

export interface Group {
  /** The host or the label; empty if nothing is grouped, or for peers without an alias. */
  name: string;
  peers: Peer[];
}

/** The host of an address: what stands before the port. */
export const hostOf = (remote: string): string => remote.replace(/:\d+$/, '');

/** What the alias of a peer begins with, as far as it is a word: "press-3" is one of "press". */
export const labelOf = (alias: string): string => /^\p{L}+/u.exec(alias)?.[0] ?? '';

// Text with numbers in it in the order of the numbers: board-2 before board-10.
const natural = new Intl.Collator('en', { numeric: true });

/** Compares two peers; last tells the number of the latest message of a peer. */
function comparing(order: Order, last: (p: Peer) => number): (a: Peer, b: Peer) => number {
  switch (order) {
    case 'joined':
      return (a, b) => a.id - b.id;
    case 'name':
      return (a, b) => Number(!a.alias) - Number(!b.alias) || natural.compare(a.alias || a.remote, b.alias || b.remote);
    case 'address':
      return (a, b) => natural.compare(a.remote, b.remote);
    case 'last':
      return (a, b) => last(b) - last(a);
    case 'bytes':
      return (a, b) => b.received_bytes + b.sent_bytes - a.received_bytes - a.sent_bytes;
  }
}

/** The peers in order; those that are equal in it stay in the order they joined. */
export function inOrder(peers: readonly Peer[], order: Order, last: (p: Peer) => number): Peer[] {
  const compare = comparing(order, last);
  return [...peers].sort((a, b) => compare(a, b) || a.id - b.id);
}

/** The peers, which are in order, by group; the groups are in the order of their names. */
export function inGroups(peers: readonly Peer[], by: Grouping): Group[] {
  if (by === '') return [{ name: '', peers: [...peers] }];
  const groups = new Map<string, Peer[]>();
  for (const p of peers) {
    const name = by === 'host' ? hostOf(p.remote) : labelOf(p.alias);
    groups.set(name, [...(groups.get(name) ?? []), p]);
  }
  return [...groups].map(([name, peers]) => ({ name, peers })).sort((a, b) => Number(a.name === '') - Number(b.name === '') || natural.compare(a.name, b.name));
}
