// The fields of payloads that the send box offers while one is being typed.

import type { Word } from '../i18n/i18n.svelte';

/** A field, and what it is. */
export interface PayloadField {
  text: string;
  word: Word;
}

/** Those that are used most; docs/payload.md has all. */
export const payloadFields: readonly PayloadField[] = [
  { text: '{{seq}}', word: 'offerSeq' },
  { text: '{{seq:u16be}}', word: 'offerSeq' },
  { text: '{{time}}', word: 'offerTime' },
  { text: '{{time:clock}}', word: 'offerTime' },
  { text: '{{time:unix}}', word: 'offerUnix' },
  { text: '{{time:bcd}}', word: 'offerTime' },
  { text: '{{rand:4}}', word: 'offerRand' },
  { text: '{{rand:1..100}}', word: 'offerNumber' },
  { text: '{{fill:16:ff}}', word: 'offerFill' },
  { text: '{{peer.ip}}', word: 'offerPeer' },
  { text: '{{peer.port}}', word: 'offerPeerPort' },
  { text: '{{peer.alias}}', word: 'offerAlias' },
  { text: '{{local.ip}}', word: 'offerLocal' },
  { text: '{{len:u16be}}', word: 'offerLen' },
  { text: '{{#body}}{{/body}}', word: 'offerPart' },
  { text: '{{len(body):u16be}}', word: 'offerLen' },
  { text: '{{crc16modbus}}', word: 'offerCrc' },
  { text: '{{crc32}}', word: 'offerCrc' },
  { text: '{{xor8}}', word: 'offerCrc' },
  { text: '{{sum8}}', word: 'offerCrc' },
  { text: '{{hex:01 03}}', word: 'offerHexText' },
];

/** The beginning of a field right before a place in a text: "{{se" of "a {{se"; undefined is none. */
export const begunField = (text: string, at: number): string | undefined => /\{\{[#/]?[\w.():+-]*$/.exec(text.slice(0, at))?.[0];

/** The fields that a beginning may become, with variables of the workspace. */
export function fitting(begun: string, variables: readonly string[]): PayloadField[] {
  const all: PayloadField[] = [...payloadFields, ...variables.map((name) => ({ text: `{{var.${name}}}`, word: 'offerVariable' as const }))];
  const typed = begun.toLowerCase();
  return all.filter((f) => f.text.startsWith(typed) && f.text !== typed + '}}');
}
