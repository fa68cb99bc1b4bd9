// What the kind of socket of a session, a peer or an event can do.

import { schemes, type Scheme } from '../schemes';

/** The scheme of a network, whose name may have a family: udp6 is UDP. */
export function schemeOf(network: string | undefined): Scheme {
  return schemes.find((s) => s.name === network?.replace(/[46]$/, '')) ?? schemes[0]!;
}

/** The network knows no connections: a peer is an address. */
export const isConnectionless = (network: string | undefined): boolean => !schemeOf(network).connections;

