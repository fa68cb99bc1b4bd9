// Windows of the journal.

import type { Events } from '../api-types';
import { call, query } from './api';

/** Which events are meant; what is empty does not matter. */
export interface Filter {
  session?: string | undefined;
  peer?: number | undefined;
  direction?: 'received' | 'sent' | undefined;
  text?: string | undefined;
  hex?: string | undefined;
}

export const filtered = (f: Filter): boolean => !!(f.peer || f.direction || f.text || f.hex);

/** At most limit matching events from a number on, or the ones before it. */
export function events(f: Filter, from: number, limit: number, back: boolean, signal?: AbortSignal): Promise<Events> {
  return call<Events>('GET', '/events' + query({ ...f, from, limit, back }), undefined, signal);
}
