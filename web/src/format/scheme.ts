// What the kind of socket of a session, a peer or an event can do.

import { eventWords } from '../i18n/events';
import type { Word } from '../i18n/i18n.svelte';
import { schemes, type Scheme } from '../schemes';

/** The scheme of a network, whose name may have a family: udp6 is UDP. */
export function schemeOf(network: string | undefined): Scheme {
  return schemes.find((s) => s.name === network?.replace(/[46]$/, '')) ?? schemes[0]!;
}

/** The network knows no connections: a peer is an address. */
export const isConnectionless = (network: string | undefined): boolean => !schemeOf(network).connections;


/** The word for an event of a network: without FIN, RST and UDP where there are none. */
export function wordOn(network: string | undefined, word: Word): Word {
  const plain = `${word}Plain`;
  return !schemeOf(network).ip && plain in eventWords ? (plain as Word) : word;
}
