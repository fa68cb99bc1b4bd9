// What bytes mean: decoders, messages as trees, and what a session looks like.

import type { Decoder, Decoders, DecodedFrame, Messages, Protocol, Protocols } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';
import { call, query } from './api';

const known = new Map<string, Promise<readonly Decoder[]>>();

/** Every decoder there is, with names in the page's language. They are asked for once in each. */
export function decoders(): Promise<readonly Decoder[]> {
  const language = i18n.language;
  let all = known.get(language);
  if (!all) {
    all = call<Decoders>('GET', '/decoders').then((d) => d.decoders);
    known.set(language, all);
    all.catch(() => known.delete(language));
  }
  return all;
}

/** The frames that end by an event, decoded. */
export const messagesOf = (seq: number, as: { session: string | undefined; frame: string; check: string; decode: string }, signal?: AbortSignal): Promise<readonly DecodedFrame[]> =>
  call<Messages>('GET', `/events/${seq}/messages` + query({ ...as }), undefined, signal).then((m) => m.messages);

/** What the peers of a session may speak, the likeliest first. */
export const protocols = (session: string, signal?: AbortSignal): Promise<readonly Protocol[]> => call<Protocols>('GET', `/sessions/${session}/protocols`, undefined, signal).then((p) => p.protocols);
