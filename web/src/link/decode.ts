// What bytes mean: decoders, messages as trees, and what a session looks like.

import type { Decoder, Decoders, DecodedFrame, Messages, Protocol, Protocols } from '../api-types';
import { call, query } from './api';

let known: Promise<readonly Decoder[]> | undefined;

/** Every decoder there is. They are asked for once. */
export const decoders = (): Promise<readonly Decoder[]> => (known ??= call<Decoders>('GET', '/decoders').then((d) => d.decoders, (e) => ((known = undefined), Promise.reject(e as Error))));

/** The frames that end by an event, decoded. */
export const messagesOf = (seq: number, as: { session: string | undefined; frame: string; check: string; decode: string }, signal?: AbortSignal): Promise<readonly DecodedFrame[]> =>
  call<Messages>('GET', `/events/${seq}/messages` + query({ ...as }), undefined, signal).then((m) => m.messages);

/** What the peers of a session may speak, the likeliest first. */
export const protocols = (session: string, signal?: AbortSignal): Promise<readonly Protocol[]> => call<Protocols>('GET', `/sessions/${session}/protocols`, undefined, signal).then((p) => p.protocols);
