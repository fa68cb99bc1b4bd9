// What TCP does for a peer: samples that were kept, and a new one.

import type { EventLine, Events, Sample } from '../api-types';
import { call, query } from './api';

const most = 1000; // events of one answer

/** The latest samples that the record has of a peer, the oldest first. */
export async function keptSamples(session: string, peer: number, signal?: AbortSignal): Promise<Sample[]> {
  const got = await call<Events>('GET', '/events' + query({ session, peer, kind: 'sample', back: true, limit: most }), undefined, signal);
  return got.events.flatMap((e) => (e.tcp && e.seq ? [{ seq: e.seq, time: e.time, tcp: e.tcp }] : []));
}

/** Asks the system now; the answer is kept with the record. */
export const takeSample = (session: string, peer: number, signal?: AbortSignal): Promise<Sample> => call<Sample>('POST', `/sessions/${session}/peers/${peer}/sample`, {}, signal);

/** The messages of a peer from an event on, at most a thousand. */
export async function messagesFrom(session: string, peer: number, from: number, signal?: AbortSignal): Promise<EventLine[]> {
  const got = await call<Events>('GET', '/events' + query({ session, peer, from, limit: most }), undefined, signal);
  return got.events.filter((e) => e.kind === 'received' || e.kind === 'sent');
}
